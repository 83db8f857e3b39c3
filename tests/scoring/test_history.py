"""A person's sessions over time, read from known folders."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from attune import InputError
from scoring.access import User
from scoring.catalogue import Catalogue
from scoring.history import history, points, ratings, read, recurring
from scoring.library import Library, now
from tests.sessions import CONTACT, CROSSED, FEEDBACK, MOVES_ALONG, make_session

KEEP, TRY = FEEDBACK
DATES = ("2025-03-01", "2025-03-08", "2025-03-15", "2025-03-22", "2025-03-29", "2025-04-05")


def shelf_of(folder: Path, feedback) -> Catalogue:
    for id, (date, items) in enumerate(zip(DATES, feedback, strict=False)):
        make_session(folder, f"s{id}", title=f"Try {id}", video=False, created=date, feedback=items)
    return Catalogue(folder)


def past_of(shelf: Catalogue):
    found, problems = history(shelf, shelf.entries())
    assert not problems
    return found


def rescore(folder: Path, **scores) -> None:
    path = folder / "scores.json"
    stored = json.loads(path.read_text())
    for name, value in scores.items():
        stored["staff"][name] = {**stored["staff"][name], **value}
    path.write_text(json.dumps(stored))


def test_sessions_come_in_order_of_time_without_their_tables(tmp_path):
    shelf = shelf_of(tmp_path, [[], [], []])
    for table in tmp_path.glob("*/*.parquet"):
        table.unlink()
    assert [past.id for past in past_of(shelf)] == ["s0", "s1", "s2"]


def test_a_score_over_time_with_what_was_not_measurable(tmp_path):
    shelf = shelf_of(tmp_path, [[], []])
    unseen = {"value": None, "ci95": None, "coverage": 0.2, "reason": "No face was found."}
    rescore(tmp_path / "s0", eye_contact_share=unseen)
    first, second = points(past_of(shelf), "eye_contact_share")
    assert (first.value, first.ci95, first.reason) == (None, None, "No face was found.")
    assert (second.value, second.ci95, second.coverage) == (0.76, (0.45, 0.9), 0.875)
    assert points(past_of(shelf), "mirroring_z") == []


def test_feedback_that_came_twice_in_the_last_five_comes_back(tmp_path):
    # the first of six is too long ago: TRY was given once since then, KEEP four times
    shelf = shelf_of(tmp_path, [[KEEP, TRY], [KEEP], [KEEP, TRY], [], [KEEP], [KEEP]])
    (found,) = recurring(past_of(shelf))
    assert (found.type, found.title, found.of) == ("keep", KEEP["title"], 5)
    assert [(past.id, spans) for past, spans in found.times] == [
        (id, CONTACT) for id in ("s5", "s4", "s2", "s1")
    ]


def test_what_to_try_comes_before_what_to_keep(tmp_path):
    shelf = shelf_of(tmp_path, [[KEEP, TRY], [KEEP, TRY], [KEEP]])
    found = recurring(past_of(shelf))
    assert [(one.type, len(one.times), one.of) for one in found] == [("try", 2, 3), ("keep", 3, 3)]
    assert found[0].times[0][1] == (CROSSED,)


def test_once_is_not_again_and_other_scores_are_other_feedback(tmp_path):
    other = {**TRY, "score": "facing_share"}
    assert recurring(past_of(shelf_of(tmp_path, [[TRY], [other], [MOVES_ALONG]]))) == []


def test_too_little_and_too_much_are_not_the_same_feedback(tmp_path):
    shelf = shelf_of(tmp_path, [[{**TRY, "score": "eye_contact_share"}]] * 3)
    for id, value in (("s0", 0.1), ("s1", 0.9), ("s2", 0.95)):
        rescore(tmp_path / id, eye_contact_share={"value": value, "ci95": None})
    (found,) = recurring(past_of(shelf))
    assert [past.id for past, _ in found.times] == ["s2", "s1"]


def test_feedback_on_the_recording_is_told_apart_by_its_title(tmp_path):
    near, light = ({**TRY, "cue": "coverage", "score": None, "title": title} for title in ("Nearer", "Light"))
    found = recurring(past_of(shelf_of(tmp_path, [[near], [light], [near]])))
    assert [one.title for one in found] == ["Nearer"]


def test_a_session_that_holds_something_else_is_named_and_left_out(tmp_path):
    shelf = shelf_of(tmp_path, [[], [], [], []])
    (tmp_path / "s0" / "scores.json").write_text('["a list"]')
    (tmp_path / "s1" / "feedback.json").write_text("{")
    rescore(tmp_path / "s2", nod_count={"value": "many"})
    found, problems = history(shelf, shelf.entries())
    assert [past.id for past in found] == ["s3"]
    assert len(problems) == 3
    assert all(any(f"{tmp_path}/{id}" in problem for problem in problems) for id in ("s0", "s1", "s2"))


def test_unknown_scores_and_a_lost_profile_do_no_harm(tmp_path):
    shelf = shelf_of(tmp_path, [[TRY], [TRY]])
    info = json.loads((tmp_path / "s0" / "session.json").read_text())
    (tmp_path / "s0" / "session.json").write_text(json.dumps({**info, "profile": "gone"}))
    stored = json.loads((tmp_path / "s1" / "scores.json").read_text())
    stored["staff"]["of_the_future"] = {"value": 1}
    (tmp_path / "s1" / "scores.json").write_text(json.dumps(stored))
    first, second = past_of(shelf)
    assert (first.bands, first.rubric) == ({}, {})
    assert "eye_contact_share" in second.bands
    assert "of_the_future" not in second.staff


def test_reads_only_what_the_user_may_see(tmp_path):
    shelf = shelf_of(tmp_path, [[]])
    (entry,) = shelf.entries()
    with pytest.raises(LookupError):
        read(Catalogue(tmp_path, User("Ada", "staff")), entry)
    with pytest.raises(LookupError):
        read(shelf, replace(entry, id="../elsewhere"))
    (tmp_path / "s0" / "feedback.json").unlink()
    with pytest.raises(InputError, match=r"feedback\.json"):
        read(shelf, entry)


def test_ratings_are_those_of_the_notes_that_stand(tmp_path):
    library = Library(tmp_path)
    rows = [("s0", "greeting", 4, None), ("s0", "greeting", 5, None), ("s1", "posture", 2, now()),
            ("s2", "posture", 3, None), ("s0", None, None, None)]  # fmt: skip
    with library.writing() as connection:
        for id, (session, item, rating, deleted) in enumerate(rows):
            connection.execute(
                "INSERT INTO notes VALUES (?, ?, NULL, 'local', 'keep', ?, ?, 1, 2, 'x', 1, ?, ?, ?)",
                (f"{id:032x}", session, item, rating, now(), now(), deleted),
            )
    assert ratings(library, ["s0", "s1"]) == {"s0": {"greeting": [4, 5]}}
