"""What may be asked of an analysis, field by field."""

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from attune import InputError
from scoring.access import User
from scoring.intake import request
from scoring.jobs import Jobs
from scoring.uploads import Uploads

CONSENT = {"by": " Ana  B. ", "at": "2025-03-12T09:30:00+01:00", "purpose": "training"}


@pytest.fixture
def library(tmp_path):
    return tmp_path / "library"


@pytest.fixture
def video(tmp_path):
    path = tmp_path / "visit one.mp4"
    path.write_bytes(b"never opened here")
    return path


def uploaded(library, name="visit.mp4", data=b"abc", owner="local") -> str:
    """Id of an upload of 3 bytes, of which `data` has arrived."""
    uploads = Uploads(library)
    id = uploads.begin(name, 3, owner=owner).id
    uploads.append(id, 0, data)
    return id


def test_what_was_asked_is_what_the_job_says(library, video):
    job = request(
        library,
        {
            "path": str(video), "client_upload": uploaded(library, "client.mp4"), "offset_s": -1.5,
            "person": "Ana", "scenario": "reception", "tags": ["a", " ", "b  c"], "target": "calibrated:2-5",
            "profile": "default", "people": "", "staff": None, "keep_video": False, "consent": CONSENT,
        },
    )  # fmt: skip
    asked = job.parameters
    assert job.title == "visit one" and asked["video"] == str(video)
    assert asked["client"] == str(Uploads(library).file(asked["uploads"][0]))
    assert (asked["offset_s"], asked["tags"], asked["keep_video"]) == (-1.5, ["a", "b c"], False)
    assert asked["consent"] == {
        "text": "Agreed by Ana B. on 2025-03-12 for training", "by": "Ana B.",
        "at": "2025-03-12T09:30:00+01:00", "purpose": "training",
    }  # fmt: skip
    assert (asked["options"]["people"], asked["options"]["target"]) == ("auto", "calibrated:2-5")


@pytest.mark.parametrize("sign", ['"', "'"])
def test_a_path_may_be_pasted_in_quotes(library, video, sign):
    job = request(library, {"path": f" {sign}{video}{sign}", "consent": CONSENT})
    assert job.parameters["video"] == str(video)


def test_little_has_to_be_said(library):
    job = request(library, {"upload": uploaded(library, "Käse.mp4"), "consent": CONSENT, "people": 1})
    assert job.title == "Käse" and job.parameters["options"]["people"] == "1"
    assert job.parameters["keep_video"] is True and job.parameters["client"] is None


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"path": None}, "no recording"),
        ({"path": 7}, "path"),
        ({"path": "visit.mp4"}, "path 'visit.mp4'"),
        ({"path": "/nowhere/visit.mp4"}, "path '/nowhere/visit.mp4'"),
        ({"path": os.sep}, "path '/'"),
        ({"path": "/dev/null"}, "path '/dev/null'"),
        ({"path": "~nobody-of-this-name/x.mp4"}, "path"),
        ({"path": "/a\0b"}, "path"),
        ({"path": "/\ud800"}, "path"),
        ({"upload": "0" * 32}, "upload and path"),
        ({"client_path": "relative.mp4"}, "client_path"),
        ({"speech": "turns.csv"}, "speech 'turns.csv'"),
        ({"speech": "/nowhere/turns.csv"}, "speech '/nowhere/turns.csv'"),
        ({"speech": ["auto"]}, "speech"),
        ({"offset_s": 2}, "offset_s"),
        ({"offset_s": "2"}, "offset_s"),
        ({"offset_s": float("nan")}, "offset_s"),
        ({"offset_s": True}, "offset_s"),
        ({"title": "x" * 201}, "title"),
        ({"title": ["x"]}, "title"),
        ({"person": "x" * 201}, "person"),
        ({"scenario": 3}, "scenario"),
        ({"tags": "a, b"}, "tags"),
        ({"tags": [1]}, "tags"),
        ({"tags": ["x"] * 51}, "tags"),
        ({"tags": ["x" * 201]}, "tag"),
        ({"people": 3}, "people '3'"),
        ({"people": True}, "people 'True'"),
        ({"staff": "up"}, "staff"),
        ({"people": "1", "staff": "left"}, "staff"),
        ({"target": "sky"}, "target 'sky'"),
        ({"target": "calibrated:5-2"}, "target"),
        ({"profile": "../../etc/passwd"}, "profile"),
        ({"profile": "/etc/hostname"}, "profile"),
        ({"keep_video": "yes"}, "keep_video"),
        ({"consent": None}, "consent"),
        ({"consent": "yes"}, "consent"),
        ({"consent": {**CONSENT, "by": " "}}, "consent: say who"),
        ({"consent": {**CONSENT, "purpose": ""}}, "consent: say what"),
        ({"consent": {**CONSENT, "at": ""}}, "consent: say when"),
        ({"consent": {**CONSENT, "at": "yesterday"}}, "consent: say when"),
        ({"consent": {**CONSENT, "by": 5}}, "by"),
    ],
)
def test_a_mistake_is_one_sentence_that_names_the_field(library, video, change, named):
    with pytest.raises(InputError) as mistake:
        request(library, {"path": str(video), "consent": CONSENT, **change})
    assert named in str(mistake.value) and "--" not in str(mistake.value)
    assert Jobs(library).list() == ()


def test_two_cameras_are_two_recordings_of_one_person_each(library, video, tmp_path):
    other = tmp_path / "client.mp4"
    other.write_bytes(b"x")
    two = {"path": str(video), "client_path": str(other), "consent": CONSENT}
    for change, named in (
        ({"people": "2"}, "people"), ({"staff": "left"}, "staff"), ({"target": "partner"}, "partner"),
        ({"client_path": str(video)}, "same"),
    ):  # fmt: skip
        with pytest.raises(InputError, match=named):
            request(library, {**two, **change})
    assert request(library, two).parameters["offset_s"] is None


def test_who_speaks_when_is_told_by_the_sound_or_a_table(library, video, tmp_path):
    asked = {"path": str(video), "consent": CONSENT}
    assert request(library, asked).parameters["speech"] is None
    assert request(library, {**asked, "speech": "auto"}).parameters["speech"] == "auto"
    turns = tmp_path / "turns.csv"
    turns.write_text("start,end,person\n0,1,eve\n")
    with pytest.raises(InputError, match=r"^speech: turns\.csv, row 2: .*'eve'.*use staff or client"):
        request(library, {**asked, "speech": str(turns)})
    with pytest.raises(InputError, match="speech and speech_upload are both given"):
        request(library, {**asked, "speech": "auto", "speech_upload": "0" * 32})
    turns.write_text("start,end,person\n0,1,client\n")
    assert request(library, {**asked, "speech": str(turns)}).parameters["speech"] == str(turns)
    data = turns.read_bytes()
    id = Uploads(library).begin("turns.csv", len(data)).id
    Uploads(library).append(id, 0, data)
    job = request(library, {**asked, "speech_upload": id})
    assert job.parameters["speech"] == str(Uploads(library).file(id)) and job.parameters["uploads"] == [id]


def test_a_video_is_no_table_of_turns(library, video, monkeypatch):
    monkeypatch.setattr("scoring.intake.LARGEST_TABLE", 10)
    with pytest.raises(InputError, match=r"speech: visit one\.mp4 is too large for a table of turns"):
        request(library, {"path": str(video), "speech": str(video), "consent": CONSENT})


def test_an_upload_has_to_be_whole_and_ones_own(library):
    with pytest.raises(InputError, match=r"half.mp4"):
        request(library, {"upload": uploaded(library, "half.mp4", b"ab"), "consent": CONSENT})
    hers = uploaded(library, owner="ana")
    for id in (hers, "0" * 32, "../..", "x"):
        with pytest.raises(LookupError):
            request(library, {"upload": id, "consent": CONSENT})
    assert request(library, {"upload": hers, "consent": CONSENT}, User("ana", "staff")).owner == "ana"


def test_an_upload_serves_one_job(library):
    fields = {"upload": uploaded(library), "consent": CONSENT}

    def asked(_) -> bool:
        try:
            return bool(request(library, fields))
        except InputError:
            return False

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(asked, range(8))) == 1
