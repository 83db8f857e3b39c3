"""`attune agree` on sessions and codings whose agreement is known by construction."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from attune import InputError, UsageError
from scoring.agree import compare, frame_of, names_of, narrowed, put_together
from scoring.agree_command import agree
from scoring.agree_results import ALL, pool
from scoring.agree_study import read_study
from scoring.codebook import AGREEMENT_ABOUT
from scoring.coding_names import OF_BOTH
from scoring.codings import Coded, Coding, read_codings
from scoring.events import EVENT_COLUMNS
from scoring.export import export_session
from scoring.session import Session
from tests import sessions
from tests.sessions import make_session
from vision.signals import Signals

MINUTES = 5
LOOKS = [(10.0 * k, 10.0 * k + 6) for k in range(6 * MINUTES)]
UNSEEN = (200.0, 240.0)
NODS = [(20.0 * k + 2, 20.0 * k + 3) for k in range(3 * MINUTES)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return long_session(tmp_path_factory.mktemp("library"), "long-00000001")


def long_session(library, id):
    """Five minutes: looks of 6 s each 10 s, nods of 1 s each 20 s; the face is gone for 40 s."""
    folder = make_session(library, id, video=False)
    times = np.arange(0, 60 * MINUTES, 0.05)
    hidden = (times >= UNSEEN[0] - 1e-9) & (times < UNSEEN[1] - 1e-9)
    contact = np.where(np.isclose(times % 10, 10) | (times % 10 < 6 - 1e-9), 0.9, 0.1)
    table = pd.DataFrame(
        {
            "time_s": times, "person": "staff", "face_found": ~hidden, "pose_found": True,
            "eye_contact_prob": np.where(hidden, np.nan, contact),
            "open_posture_prob": 0.9, "closed_posture_prob": 0.1,
            "nod_prob": np.where(hidden, np.nan, 0.1), "shake_prob": np.where(hidden, np.nan, 0.1),
        }
    )  # fmt: skip
    Signals(table).table.to_parquet(folder / "signals.parquet", index=False)
    rows = [("eye_contact", *span) for span in LOOKS if not UNSEEN[0] <= span[0] < UNSEEN[1]]
    rows += [("nod", *span) for span in NODS if not UNSEEN[0] <= span[0] < UNSEEN[1]]
    events = pd.DataFrame(
        [{"person": "staff", "kind": k, "start_s": a, "end_s": b, "coverage": 1.0} for k, a, b in rows],
        columns=list(EVENT_COLUMNS),
    )
    events.to_csv(folder / "events.csv", index=False)
    info = json.loads((folder / "session.json").read_text("utf-8"))
    info["source"]["duration_s"] = 60.0 * MINUTES
    (folder / "session.json").write_text(json.dumps(info), "utf-8")
    return folder


def coded(name, *spans, kind="eye_contact", hidden=()):
    codings = [Coding("staff", kind, start, end, name) for start, end in spans]
    codings += [Coding("staff", "not_measurable", start, end, name) for start, end in hidden]
    return Coded(name, tuple(codings), frozenset({("staff", kind)}))


def one_row(folder, *coders, **options):
    return pool([compare(Session.open(folder), coders, **options)], 0.1).rows[-1]


def test_the_same_events_agree_wholly(folder):
    row = one_row(folder, coded("anna", *LOOKS))
    assert row.kappa.value == row.pabak.value == row.agreement == 1
    assert row.kappa.ci95[1] == 1 and 0.5 < row.kappa.ci95[0] < 1
    for found in row.events.values():
        assert (found["hits"], found["false_alarms"], found["misses"]) == (26, 0, 0)
        assert found["f1"].value == 1
    assert row.onset == {"n": 26, "median_abs_s": 0, "mean_s": 0}
    assert (row.coder_share, row.attune_share) == (pytest.approx(0.6), pytest.approx(0.6))


def test_time_that_was_not_measurable_is_left_out_and_told(folder):
    row = one_row(folder, coded("anna", *LOOKS))
    assert row.left_out_share == pytest.approx(40 / 300)
    assert (row.compared_s, row.watched_s) == (pytest.approx(260), pytest.approx(300))
    assert row.events_left_out == 4  # the coder saw four looks while the face was out of the picture
    wrong_there = [(start, end + (3 if 200 <= start < 240 else 0)) for start, end in LOOKS]
    assert one_row(folder, coded("anna", *wrong_there)).kappa.value == 1


def test_time_that_the_coder_could_not_judge_is_left_out_too(folder):
    row = one_row(folder, coded("anna", *LOOKS[10:], hidden=[(0, 100)]))
    assert row.kappa.value == 1
    assert row.left_out_share == pytest.approx(140 / 300)
    assert row.events_left_out == 10 + 4


def test_kappa_onset_and_duration_of_looks_seen_late(folder):
    """The coder begins each look .5 s later: of 10 s, 5.5 both, .5 only Attune, 4 neither."""
    row = one_row(folder, coded("anna", *[(start + 0.5, end) for start, end in LOOKS]))
    chance = 0.6 * 0.55 + 0.4 * 0.45
    assert row.agreement == pytest.approx(0.95)
    assert row.kappa.value == pytest.approx((0.95 - chance) / (1 - chance))
    assert row.pabak.value == pytest.approx(0.9)
    assert row.kappa.ci95[0] < row.kappa.value < row.kappa.ci95[1]
    assert row.onset["median_abs_s"] == pytest.approx(0.5) and row.onset["mean_s"] == pytest.approx(-0.5)
    limits = row.duration["bland_altman"]
    assert (limits.n, limits.bias, limits.sd) == (26, pytest.approx(0.5), pytest.approx(0, abs=1e-9))
    assert row.duration["correlation"] is None  # all durations are the same


def test_what_of_two_people_was_not_judged_is_not_taken_for_none(tmp_path):
    path = make_session(tmp_path, people=("staff", "client"), video=False)
    events = pd.read_csv(path / "events.csv")
    events[events["person"] != "dyad"].to_csv(path / "events.csv", index=False)
    codings = [Coding("dyad", kind, 2.0, 6.0, "anna") for kind in OF_BOTH]
    codings.append(Coding("client", "not_measurable", 9.0, 9.5, "anna", "eye_contact"))
    anna = Coded("anna", tuple(codings), frozenset(("dyad", kind) for kind in OF_BOTH))
    for value, reason in ((0.0, ""), (None, "there is no time that both could judge")):
        scores = json.loads((path / "scores.json").read_text())
        for name in ("mirroring_z", "mutual_eye_contact_share"):
            scores["dyad"][name]["value"] = value
        (path / "scores.json").write_text(json.dumps(scores))
        rows = pool([compare(Session.open(path), [anna])], 0.1).rows
        assert [row.reason for row in rows] == [reason, reason]
        assert {row.kappa.value for row in rows} == {value}
        assert [row.events["0.3"]["misses"] for row in rows] == [value is not None] * 2
        if value is not None:  # where either one's eye contact was not to be seen, neither was that of both
            mutual = next(row for row in rows if row.kind == "mutual_eye_contact")
            assert mutual.watched_s - mutual.compared_s == pytest.approx(np.ptp(sessions.UNSEEN) + 0.5)


def test_what_the_second_camera_is_called_and_when_it_begins(tmp_path):
    path = make_session(tmp_path, people=("staff", "client"), video=False, offset_s=2.0)
    second = Session.open(path).info["second_source"]
    clock = 2.0, second["duration_s"]
    assert frame_of(Session.open(path)).others == dict.fromkeys(
        ("second_mp4", "second", "video2_mp4", "video2"), clock
    )


def test_missed_split_and_invented_events_are_counted_once_each(folder):
    """Of the nods the coder has three that Attune lacks, lacks two, and says one in two halves."""
    nods = [span for span in NODS if span[0] < 200]
    spans = [*nods[2:], (9, 10), (10.5, 11), (16, 17)]
    spans.remove(nods[2])
    spans += [(nods[2][0], nods[2][0] + 0.4), (nods[2][0] + 0.45, nods[2][1])]
    row = one_row(folder, coded("anna", *spans, kind="nod"), span=(0.0, 200.0))
    assert row.watched_s == pytest.approx(200)
    found = {least: (e["hits"], e["false_alarms"], e["misses"]) for least, e in row.events.items()}
    assert found == {"0.3": (8, 2, 4), "0.5": (8, 2, 4)}
    assert row.events["0.5"]["precision"].value == pytest.approx(0.8)
    assert row.events["0.5"]["recall"].value == pytest.approx(8 / 12)
    assert row.events["0.5"]["f1"].value == pytest.approx(16 / 22)


def test_what_ends_where_the_coded_part_begins_is_no_moment_in_it(folder):
    row = one_row(folder, coded("anna", *LOOKS), span=(6.0, 20.0))
    assert row.compared_s == pytest.approx(14) and row.kappa.value == 1
    assert {(e["hits"], e["false_alarms"], e["misses"]) for e in row.events.values()} == {(1, 0, 0)}
    assert one_row(folder, coded("anna", (2.0, 6.0)), span=(6.0, 20.0)).kappa.value == 0


def test_moments_have_events_and_no_time(folder):
    row = one_row(folder, coded("anna", *[(start + 0.2, start + 0.2) for start, _ in NODS], kind="nod"))
    assert row.kappa.value is None and "coded as moments" in row.reason
    assert row.events["0.5"]["f1"].value == 1
    assert row.onset["mean_s"] == pytest.approx(-0.2)
    assert row.duration["n"] == 0 and row.duration["bland_altman"] is None


def test_a_coder_who_saw_none_of_it_is_not_one_who_did_not_look(folder):
    row = one_row(folder, coded("anna"))
    assert row.kappa.value == 0
    assert row.events["0.3"]["recall"].value is None  # nothing to be found
    assert row.events["0.3"]["precision"].value == 0
    (other,) = narrowed([Coded("anna", (), frozenset())], ["shake"], ["staff"])
    row = one_row(folder, other)
    assert row.kappa.value is None and "both saw nothing of it" in row.reason
    told = pool([compare(Session.open(folder), [other])], 0.1).text()
    assert "where nothing varies; adjusted for prevalence and bias 1.000 [" in told and "raw agr" in told


def test_alpha_among_coders_and_with_attune(folder):
    late = coded("late", *[(start + 0.5, end) for start, end in LOOKS])
    results = pool(
        [compare(Session.open(folder), [coded("anna", *LOOKS), coded("berta", *LOOKS), late])], 0.1
    )
    (alpha,) = results.alphas
    assert alpha.coders == ("anna", "berta", "late")
    # Three in four pairs of observers of a look's first half second agree half the time.
    assert 0.9 < alpha.humans.value < alpha.with_attune.value < 1
    assert [row.coder for row in results.rows] == ["anna", "berta", "late", ALL]
    pooled = results.rows[-1]
    assert pooled.agreement == pytest.approx((1 + 1 + 0.95) / 3)


def test_alpha_is_of_the_time_that_several_coded_whatever_part_each_one_did(folder):
    """Berta checks Anna's first minute, and begins each look .5 s later: of 10 s, .5 they differ in."""
    session, parts = Session.open(folder), []
    late = [(start + 0.5, end) for start, end in LOOKS]
    for span, coder in ((None, coded("anna", *LOOKS)), ((0.0, 60.0), coded("berta", *late))):
        parts.append((span, [coder], compare(session, [coder], span=span)))
    found = put_together(session, parts, 0.1)
    (alpha,) = pool([found], 0.1).alphas
    chance = 2 * 690 * 510 / (1200 * 1199)  # Anna said 360 of the 600 units, Berta 330
    assert alpha.humans.value == pytest.approx(1 - 0.05 / chance)
    assert alpha.with_attune.value > alpha.humans.value, "Attune agrees with Anna all the time"
    assert {(one.coder, round(one.watched_s)) for one in found.compared} == {("anna", 300), ("berta", 60)}
    assert put_together(session, parts[:1], 0.1) is parts[0][2]


def test_a_study_pools_sessions_and_draws_them(tmp_path):
    compared = []
    for k in range(12):
        folder = long_session(tmp_path / "library", f"s-{k:08x}")
        late = 0.1 * (k % 4)
        coder = coded("anna", *[(start + late, end) for start, end in LOOKS])
        compared.append(compare(Session.open(folder), [coder]))
    results = pool(compared, 0.1)
    (row,) = results.rows
    assert row.sessions == 12
    assert row.agreement == pytest.approx(1 - 0.015)
    assert row.kappa.ci95[0] < row.kappa.value < row.kappa.ci95[1] < 1
    assert row.share.n == 12 and row.share.bias == pytest.approx(0.015)
    assert "sessions drawn again" in results.text()
    assert "each session left out once" in pool(compared[:3], 0.1).text()
    by_session = results.as_dict()["by_session"]
    assert len(by_session) == 12 and all(list(one) == list(AGREEMENT_ABOUT) for one in by_session)


def test_nods_while_listening_are_compared_where_who_speaks_is_known(tmp_path):
    folder = long_session(tmp_path / "library", "heard-00000001")
    info = json.loads((folder / "session.json").read_text("utf-8"))
    (folder / "session.json").write_text(json.dumps(info | {"speech": {"source": "sound"}}), "utf-8")
    found = [{"person": "staff", "kind": "backchannel_nod", "start_s": a, "end_s": b} for a, b in NODS[:5]]
    unclear = {"kind": "not_measurable", "start_s": 100.0, "end_s": 300.0, "cue": "speech"}
    found += [{"person": person, **unclear} for person in ("staff", "client")]
    table = pd.concat([pd.read_csv(folder / "events.csv"), pd.DataFrame(found).assign(coverage=1.0)])
    table.to_csv(folder / "events.csv", index=False)
    row = one_row(folder, coded("anna", *NODS, kind="backchannel_nod"))
    assert row.compared_s == pytest.approx(100) and row.kappa.value == 1
    assert (row.events["0.5"]["hits"], row.events["0.5"]["misses"]) == (5, 0)
    # What it says itself, of a client off camera as well, is read again, and agrees.
    session = Session.open(folder)
    for to, name in (("elan", "x.eaf"), ("boris", "x.csv")):
        (own,) = read_codings(export_session(session, to, tmp_path / name), frame_of(session))
        assert {one.person for one in own.codings if one.cue == "speech"} == {"staff", "client"}
        rows = {row.kind: row for row in pool([compare(session, [own])], 0.1).rows}
        assert rows["backchannel_nod"].kappa.value == 1
        assert rows["backchannel_nod"].compared_s == pytest.approx(100)


def test_wrong_wishes_are_named(folder):
    session = Session.open(folder)
    with pytest.raises(InputError, match="the span 400 to 500 s is not in it"):
        compare(session, [coded("anna")], span=(400.0, 500.0))
    with pytest.raises(UsageError, match="time unit of 200 s"):
        compare(session, [coded("anna")], unit_s=200.0)
    with pytest.raises(InputError, match=f"{session.id}: two files are the work of coder 'anna'"):
        compare(session, [coded("anna"), coded("anna")])
    assert frame_of(session).duration_s == pytest.approx(300) and not frame_of(session).others


# The command


def codings_csv(path, spans, kind="eye_contact"):
    rows = [f"staff,{kind},{start},{end}" for start, end in spans]
    path.write_text("\n".join(["person,kind,start_s,end_s", *rows]), "utf-8")
    return path


@pytest.mark.slow
def test_the_command_prints_a_table_json_and_a_plot(tmp_path, folder, run_attune):
    anna = codings_csv(tmp_path / "anna.csv", [(start + 0.5, end) for start, end in LOOKS])
    ben = codings_csv(tmp_path / "ben.csv", LOOKS)
    done = run_attune("agree", folder, anna, ben, "--plot", tmp_path / "agree.png")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Cohen's kappa" in done.stdout and "13% left out" in done.stdout
    assert "alpha" in done.stdout and "among 2 coders and Attune" in done.stdout
    assert (tmp_path / "agree.png").read_bytes().startswith(b"\x89PNG")
    done = run_attune("agree", folder, anna, ben, "--json")
    found = json.loads(done.stdout)
    assert [row["coder"] for row in found["cues"]] == ["anna", "ben", ALL]
    assert found["cues"][1]["kappa"]["value"] == 1
    assert set(found["cues"][0]["events"]) == {"0.3", "0.5"}


def test_what_is_wrong_is_named_and_the_rest_done(tmp_path, folder, run_attune):
    good = codings_csv(tmp_path / "good.csv", LOOKS)
    bad = codings_csv(tmp_path / "bad.csv", [(1, 2), (5, 4), (299, 400)])
    done = run_attune("agree", folder, good, bad, "--json")
    assert done.returncode == 1
    first, second = done.stderr.splitlines()
    assert first.startswith("bad.csv, row 3: ends at 4 s")
    assert second.startswith("bad.csv, row 4: ends at 400 s, and the video at 300.00 s")
    assert [row["coder"] for row in json.loads(done.stdout)["cues"]] == ["good"]
    done = run_attune("agree", folder, bad)
    assert (done.returncode, done.stdout) == (1, "")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"codings": None}, "name a session and its codings"),
        ({"study": Path("x")}, "--study names sessions"),
        ({"plot": Path("x.doc")}, "use a name that ends in .png, .svg, .pdf"),
        ({"plot": Path("nowhere/x.png")}, "there is no folder nowhere"),
        ({"coder": ["Anna", "Ben"]}, "--coder is there more often than files are"),
        ({"map_": ["smile"]}, "is not NAME=MEANING"),
        ({"column": ["start_s"]}, "is not OURS=NAME"),
        ({"cues": "smile"}, "--cues: 'smile' is unknown"),
        ({"span": "9-3"}, "--span '9-3'"),
        ({"unit": 0.0}, "a time unit of 0 s"),
    ],
)
def test_wrong_usage_is_named(tmp_path, folder, options, words):
    usual = {"session": folder, "codings": [codings_csv(tmp_path / "a.csv", LOOKS)], "cues": "", "span": ""}
    usual |= {"study": None, "map_": None, "column": None, "coder": None, "observation": "", "unit": 0.1}
    usual |= {"ignore_unknown": False, "plot": None, "json": False}
    with pytest.raises(UsageError, match=re.escape(words)):
        agree(**usual | options)


def test_wrong_usage_is_status_two(folder, run_attune):
    done = run_attune("agree", folder)
    assert (done.returncode, done.stdout) == (2, "")
    assert "name a session and its codings" in done.stderr


def test_a_study_from_a_table(tmp_path, run_attune):
    for k in (1, 2):
        long_session(tmp_path, f"visit{k}-0000000{k}")
    codings_csv(tmp_path / "anna 1.csv", LOOKS)
    late = "".join(f"P 2;staff;eye_contact;{start + 0.5};{end}\n" for start, end in LOOKS[:6])
    several = f"session;person;kind;start_s;end_s\nP 9;staff;nod;1;2\n{late}"
    (tmp_path / "anna 2.csv").write_text(several, "utf-8")
    (tmp_path / "wrong.csv").write_text(several.replace("P 9;staff;nod;1;2\n", ""), "utf-8")
    (tmp_path / "others.csv").write_text(several.replace("P 2", "P 8"), "utf-8")
    (tmp_path / "codings.csv").write_bytes(
        "session;codings;coder;start_s;end_s\r\nvisit1;anna 1.csv;Anna;;\r\nP 2;anna 2.csv;Anna;0;60,0\r\n"
        "visit3;anna 1.csv;Anna;;\r\nvisit1;gone.csv;Anna;;\r\n;anna 1.csv;;;\r\n"
        "visit1;wrong.csv;Eve;;\r\nvisit1;anna 1.csv;Ben;5;2\r\n"
        "P 2;others.csv;Eve;;\r\n".encode("utf-8-sig")
    )
    (tmp_path / "run.json").write_text('{"folders": {"P 2": "visit2-00000002"}}')  # as a batch leaves it
    done = run_attune("agree", "--study", tmp_path, "--json")
    assert done.returncode == 1
    lines = done.stderr.splitlines()
    assert lines[0].startswith("codings.csv, row 4: session 'visit3' is neither")
    assert lines[1].startswith("codings.csv, row 5: gone.csv is not there")
    assert lines[2].startswith("codings.csv, row 6: column 'session' is empty")
    assert lines[3].startswith("codings.csv, row 8: the part from '5' to '2' is none")
    assert lines[4] == "wrong.csv holds codings of session P 2 alone, and visit1 is meant"
    assert "(P 9, P 8), and none is named P 2 or visit2-00000002 or Reception" in lines[5]
    found = json.loads(done.stdout)
    assert found["sessions"] == ["visit1-00000001", "visit2-00000002"]
    (row,) = found["cues"]
    assert (row["coder"], row["sessions"]) == ("Anna", 2)
    assert row["watched_s"] == pytest.approx(360)
    assert row["agreement"] == pytest.approx((260 + 57) / 320)
    assert "P 2" in names_of(Session.open(tmp_path / "visit2-00000002")), "in a file named without a study"


def test_a_table_of_a_study_that_lacks_a_column(tmp_path):
    (tmp_path / "study.csv").write_text("id,file\n", "utf-8")
    with pytest.raises(InputError, match="names no session"):
        read_study(tmp_path / "study.csv")
    (tmp_path / "study.csv").write_text("a,b\n1,2\n", "utf-8")
    with pytest.raises(InputError, match="has no column 'session'"):
        read_study(tmp_path / "study.csv")
    with pytest.raises(InputError, match=r"codings\.csv is not there"):
        read_study(tmp_path)


def test_a_coder_who_saw_nothing_of_what_was_watched_for(tmp_path, folder, run_attune):
    empty = codings_csv(tmp_path / "empty.csv", [])
    done = run_attune("agree", folder, empty, "--cues", "nod", "--json")
    (row,) = json.loads(done.stdout)["cues"]
    assert (row["kind"], row["events"]["0.3"]["false_alarms"]) == ("nod", 13)
    assert run_attune("agree", folder, empty).returncode == 1
