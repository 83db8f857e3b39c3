"""What is passed on tells no name, shows no picture, and still holds every measure."""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pandas as pd
import pytest

from attune import UsageError
from scoring.anonymise import without_names
from scoring.batch import batch
from scoring.export import FORMATS, export_session
from scoring.session import Session
from scoring.speech_sound import speech_heard
from tests import clips
from tests.runs import analyze
from tests.sessions import make_session

NAME = "Anna Muster visit 12"


def told_in(folder: Path) -> str:
    """Names of all files in a folder, and all that can be read in them."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    texts = [path.read_bytes().decode("latin-1") for path in files]
    return "\n".join([*(str(path.relative_to(folder)) for path in files), *texts])


@pytest.fixture(scope="module")
def video(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("clip")
    return clips.write(folder / f"{NAME}.mp4", clips.pictures(clips.DEMO, 2.0))


@pytest.fixture(scope="module")
def found(video, tmp_path_factory):
    library = tmp_path_factory.mktemp("library")
    told = video.with_name("Anna speaks.csv")
    told.write_bytes("start,end,person,für\n0,1,client,\n".encode("cp1252"))
    return analyze(
        video, "--anonymise", "--consent", "I agree. Anna Muster, 3 May", "--speech", told, "--json",
        library=library,
    )  # fmt: skip


def test_an_anonymised_analysis_keeps_measures_and_names_nothing(found, video):
    assert found.code == 0, found.err
    (session,) = found.sessions
    assert sorted(path.name for path in session.path.iterdir()) == [
        "events.csv", "feedback.json", "scores.json", "session.json", "signals.parquet",
    ]  # fmt: skip
    from vision.source import VideoFile

    text = told_in(found.library)
    for secret in ("Anna", "Muster", "May", ".mp4", VideoFile(video).info.sha256, str(video.parent)):
        assert secret not in text, secret
    assert session.info["consent"]["text"].startswith("There was a consent")
    assert session.info["created"] is None and session.info["title"] == session.id
    assert session.scores()["staff"]["eye_contact_share"]["coverage"] > 0
    assert any("CP1252" in notice for notice in session.info["notices"]), "what is no name is still told"
    assert found.rows[0]["session"] == str(session.path)


def test_the_same_recording_gets_the_same_id_whatever_it_is_called(found, video, tmp_path):
    other = shutil.copyfile(video, tmp_path / "else.mp4")
    one, two = (analyze(path, "--anonymise", "--json", library=tmp_path / "l") for path in (video, other))
    assert one.code == two.code == 0 and len(two.sessions) == 1
    assert one.rows[0]["session"] == two.rows[0]["session"]


def test_a_notice_about_sound_says_no_folder(tmp_path):
    (tmp_path / "Anna Berta Muster").mkdir()
    video = clips.write(tmp_path / "Anna Berta Muster" / "v.mp4", clips.pictures(clips.DEMO, 0.2))
    _, (notice,) = speech_heard(video)
    assert notice.startswith("v.mp4 has no sound track")


def test_nothing_is_left_behind_of_an_analysis_that_fails(tmp_path):
    broken = tmp_path / f"{NAME}.mp4"
    broken.write_bytes(b"no video")
    done = analyze(broken, "--anonymise", library=tmp_path / "library")
    assert done.code == 1 and not list((tmp_path / "library").iterdir())


@pytest.fixture
def stored(tmp_path) -> Path:
    folder = make_session(
        tmp_path / "library", f"{NAME}-0a1b2c3d", title=f"{NAME}, first try", people=("staff", "client"),
        offset_s=1.0, landmarks=True,
    )  # fmt: skip
    info = json.loads((folder / "session.json").read_text())
    info |= {
        "consent": {"text": "Yes", "by": "Anna Muster", "at": "2025-05-03"},
        "profile": "/data/anna/mine.toml",
        "notices": [f"{NAME}, first try.mp4: 2.0 s before the other recording were left out", "Fine."],
        "recording": {"ended": "the camera /dev/anna was unplugged"}, "unknown": "Anna",
        "parameters": {"profile": "/data/anna/mine.toml", "people": "2"},
    }  # fmt: skip
    (folder / "session.json").write_text(json.dumps(info))
    return folder


SECRETS = ("Anna", "anna", "Muster", "2025-0", "abababab", "efefefef", "second.mp4", "visit")


def test_a_stored_session_is_passed_on_as_one(stored, tmp_path):
    path = export_session(stored, "session", tmp_path / "shared", anonymise=True)
    text = told_in(tmp_path / "shared")
    assert not [secret for secret in SECRETS if secret in text]
    copy, original = Session.open(path), Session.open(stored)
    assert copy.video is None and copy.second_video is None and copy.landmarks() is None
    assert copy.scores() == original.scores() and copy.events().equals(original.events())
    assert copy.info["second_source"]["offset_s"] == 1.0 and copy.info["parameters"] == {"people": "2"}
    assert copy.info["notices"][-1] == "Fine."
    assert (stored / "video.mp4").is_file(), "the session itself stays as it was"


@pytest.mark.parametrize("to", sorted(set(FORMATS) - {"pdf", "video", "session"}))
def test_every_export_can_be_anonymised(stored, tmp_path, monkeypatch, to):
    (tmp_path / "shared").mkdir()
    monkeypatch.chdir(tmp_path / "shared")
    written = export_session(stored, to, anonymise=True)
    assert written.exists()
    text = told_in(tmp_path / "shared")
    assert not [secret for secret in SECRETS if secret in text]
    assert "data:image" not in text and ".mp4" not in text


def test_what_can_not_be_anonymised_is_refused(stored, tmp_path):
    with pytest.raises(UsageError, match="--blur-faces"):
        export_session(stored, "video", tmp_path / "a.mp4", anonymise=True)
    with pytest.raises(UsageError, match="--anonymise"):
        export_session(stored, "session", tmp_path)


def test_a_manifest_tells_no_name_and_chosen_ids_stay(tmp_path):
    folder = tmp_path / "Anna Berta Muster"
    (folder / "sub").mkdir(parents=True)
    for name in ("Anna a.mp4", "sub/Anna a.mp4", "b.mp4"):
        (folder / name).write_bytes(b"no video")
    shutil.copyfile(clips.SAMPLES / "clips" / "face_12_0.mp4", folder / "Anna c.mp4")
    (folder / "Anna turns.csv").write_text("start,end,person\n5,2,staff\n")
    rows = ("Anna a.mp4,,", "b.mp4,P7,", "sub/Anna a.mp4,,", "Anna gone.mp4,,", "b.mp4,P9,Anna Berta cam.mp4",
            "sub/Anna a.mp4,P7,", "Anna c.mp4,P8,,Anna turns.csv")  # fmt: skip
    (folder / "Anna Berta study.csv").write_text("\n".join(["path,id,client,speech", *rows]))
    killed = tmp_path / "out" / ".batch" / "of-one-no-more"
    killed.mkdir(parents=True)
    (killed / "plan.json").write_text(sha256((folder / "Anna c.mp4").read_bytes()).hexdigest())
    found = batch([str(folder / "Anna Berta study.csv")], tmp_path / "out", workers=1, anonymise=True)
    failures = pd.read_csv(tmp_path / "out" / "failures.csv", keep_default_na=False)
    assert list(failures["id"]) == ["", "", "P7", "P7", "P8", "recording-0001", "recording-0002"]
    text = told_in(tmp_path / "out")
    secrets = ("Anna", "Berta", "Muster", "cam", sha256((folder / "Anna c.mp4").read_bytes()).hexdigest())
    assert not [secret for secret in secrets if secret in text]
    assert failures["reason"][0].startswith("the recording, row 5: the recording is not there")
    assert "Anna gone.mp4" in found.failures[0].path, "who runs it is told"


def test_names_of_files_go_and_words_stay():
    said = without_names("Anna M.mp4: /tmp/x y.csv, row 3: 2.50 s of 1.5 min.", ["Anna M.mp4"])
    assert "Anna" not in said and "/tmp" not in said and "y.csv" not in said
    assert "2.50 s of 1.5 min." in said


@pytest.mark.slow
def test_a_batch_names_no_file(run_attune, tmp_path):
    folder, out = tmp_path / "clips", tmp_path / "out"
    folder.mkdir()
    for name, clip in ((f"{NAME}.mp4", "face_12_0.mp4"), ("Zoe.mp4", "face_43_0.mp4")):
        shutil.copyfile(clips.SAMPLES / "clips" / clip, folder / name)
    (folder / "Ben.mp4").write_bytes(b"no video")
    done = run_attune("batch", folder, "--out", out, "--workers", "1", "--anonymise")
    assert done.returncode == 1 and "Ben.mp4" in done.stderr
    scores = pd.read_csv(out / "scores.csv")
    assert set(scores["session"]) == {"recording-0001", "recording-0003"}
    failures = pd.read_csv(out / "failures.csv")
    assert list(failures["id"]) == ["recording-0002"] and failures["path"].isna().all()
    text = told_in(out)
    assert not [secret for secret in ("Anna", "Zoe", "Ben", ".mp4") if secret in text]
    again = run_attune("batch", folder, "--out", out, "--workers", "1", "--anonymise")
    assert again.returncode == 1 and pd.read_csv(out / "scores.csv").equals(scores)
