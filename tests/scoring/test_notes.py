"""Notes: what one may say, that two writers lose nothing, that every version stays, and the rubric."""

import json
import multiprocessing
import re
from uuid import uuid4

import pytest

from attune import InputError
from scoring.access import User
from scoring.catalogue import Catalogue
from scoring.library import Library
from scoring.notes import Conflict, Content, Notebook, all_of, notes_of, rubric_of, thread_of
from scoring.profile import Profile
from tests.scoring.test_profile import FEELINGS, write
from tests.sessions import DURATION_S, make_session

SESSION = "reception-0a1b2c3d"
ADA, BO = User("Ada", "trainer"), User("Bo", "trainer")


@pytest.fixture
def folder(tmp_path):
    make_session(tmp_path, video=False)
    make_session(tmp_path, "other", video=False)
    return tmp_path


def book(folder, user=ADA, session=SESSION) -> Notebook:
    catalogue = Catalogue(folder, user)
    return Notebook(catalogue.library, catalogue.open(session), user)


def said(text="Good pace", **fields) -> Content:
    return Content.of({"kind": "keep", "start_s": 3, "end_s": 3, "text": text, **fields})


def new() -> str:
    return uuid4().hex


def texts(folder) -> list[str]:
    return [note.text for note in notes_of(Library(folder), SESSION)]


def test_a_note_is_stored_at_once_and_once(folder):
    id, content = (
        new(),
        said(" Look up.\r\n\r\nThen nod. ", kind="try", end_s=5.5, rubric="greeting", rating=4),
    )
    note = book(folder).add(id, content)
    assert note.text == "Look up.\n\nThen nod."
    assert (note.author, note.version, note.rating, note.end_s) == ("Ada", 1, 4, 5.5)
    assert book(folder).add(id, content) == note, "the answer got lost and the page sends it again"
    assert notes_of(Library(folder), SESSION) == [note]
    with pytest.raises(Conflict) as conflict:
        book(folder).add(id, said("Something else"))
    assert conflict.value.note == note
    with pytest.raises(InputError, match="taken"):
        book(folder, session="other").add(id, content)


def test_notes_stand_in_order_of_time_with_their_replies_behind(folder):
    late, early = new(), new()
    book(folder).add(late, said("late", start_s=9, end_s=9))
    book(folder).add(early, said("early", start_s=1, end_s=2))
    book(folder, BO).add(new(), said("to the late one", start_s=0, end_s=0), parent=late)
    book(folder, BO).add(new(), said("to the early one", start_s=11, end_s=11), parent=early)
    notes = notes_of(Library(folder), SESSION)
    assert [note.text for note in notes] == ["early", "to the early one", "late", "to the late one"]
    assert [note.parent for note in notes] == [None, early, None, late]
    assert notes_of(Library(folder), "other") == []


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"kind": "praise"}, "'kind' is not one of keep, try, question"),
        ({"kind": ["keep"]}, "'kind'"),
        ({"start_s": float("nan")}, "'start_s' is not a time"),
        ({"end_s": float("inf")}, "'end_s' is not a time"),
        ({"end_s": 10**400}, "'end_s' is not a time"),
        ({"start_s": "3"}, "'start_s' is not a time"),
        ({"start_s": True}, "'start_s' is not a time"),
        ({"start_s": -1}, "'start_s' is not a time"),
        ({"start_s": 5}, "'end_s' is before 'start_s'"),
        ({"end_s": DURATION_S + 0.1}, "not inside the session"),
        ({"text": " \n "}, "'text' is empty"),
        ({"text": None}, "'text' is not a text"),
        ({"text": "x" * 5001}, "'text' is longer than 5000"),
        ({"text": "a\0b"}, "no character"),
        ({"text": "a\ud800b"}, "no character"),
        ({"rubric": "charm", "rating": 3}, "'rubric' is not one of greeting, "),
        ({"rubric": {}}, "'rubric'"),
        ({"rating": 3}, "'rating' has nothing to rate"),
        ({"rubric": "posture", "rating": 0}, "'rating' is not a whole number from 1 to 5"),
        ({"rubric": "posture", "rating": 4.0}, "'rating'"),
        ({"rubric": "posture", "rating": True}, "'rating'"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(folder, fields, words):
    with pytest.raises(InputError, match=re.escape(words)):
        book(folder).add(new(), said(**fields))
    assert texts(folder) == []


@pytest.mark.parametrize("id", ["", "../x", "A" * 32, "0" * 31, None, 7, "0" * 32 + "\n"], ids=repr)
def test_only_ids_are_ids(folder, id):
    with pytest.raises(InputError, match="'id'"):
        book(folder).add(id, said())


def test_a_reply_goes_to_a_note_of_its_session_and_has_no_rating(folder):
    note, reply = new(), new()
    book(folder).add(note, said())
    book(folder).add(reply, said("Yes"), parent=note)
    with pytest.raises(InputError, match="'parent' is a reply itself"):
        book(folder).add(new(), said(), parent=reply)
    with pytest.raises(InputError, match="'parent' is not a note of this session"):
        book(folder, session="other").add(new(), said(), parent=note)
    with pytest.raises(InputError, match="a reply has neither"):
        book(folder).add(new(), said(rubric="posture", rating=2), parent=note)
    with pytest.raises(InputError, match="a reply has neither"):
        book(folder).change(reply, 1, said(rubric="posture", rating=2))


def test_changing_and_deleting_keep_every_version_and_the_first_author(folder):
    id = new()
    first = book(folder, ADA).add(id, said("one", rubric="posture", rating=2))
    changed = book(folder, BO).change(id, 1, said("two", rubric="posture", rating=5))
    assert (changed.author, changed.created, changed.version) == ("Ada", first.created, 2)
    assert book(folder, BO).change(id, 1, said("two", rubric="posture", rating=5)) == changed, "sent again"
    book(folder, BO).delete(id)
    book(folder, BO).delete(id)
    versions = book(folder).history(id)
    assert [(v.version, v.author, v.content and v.content.text) for v in versions] == [
        (1, "Ada", "one"), (2, "Bo", "two"), (3, "Bo", None)
    ]  # fmt: skip
    assert versions[0].content.rating == 2
    assert texts(folder) == []


def test_whoever_changes_an_old_version_is_told_the_new_one(folder):
    id = new()
    book(folder).add(id, said("one"))
    theirs = book(folder, BO).change(id, 1, said("Bo's"))
    with pytest.raises(Conflict) as conflict:
        book(folder).change(id, 1, said("Ada's"))
    assert conflict.value.note == theirs
    assert texts(folder) == ["Bo's"]
    for version in (0, 3, True, "1", None, 10**400):
        with pytest.raises(Conflict):
            book(folder).change(id, version, said("Ada's"))
    book(folder).delete(id)
    with pytest.raises(Conflict, match="deleted") as conflict:
        book(folder, BO).change(id, 3, said("again"))
    assert conflict.value.note.deleted


def test_only_the_session_of_a_note_knows_it(folder):
    id = new()
    book(folder).add(id, said())
    for act in ("history", "delete"):
        with pytest.raises(LookupError, match="no such note"):
            getattr(book(folder, session="other"), act)(id)
    with pytest.raises(LookupError):
        book(folder, session="other").change(id, 1, said("taken over"))
    with pytest.raises(LookupError):
        book(folder).delete(new())
    assert texts(folder) == ["Good pace"]


def test_replies_outlive_their_note(folder):
    note, reply, lone = new(), new(), new()
    for id, parent in ((note, None), (reply, note), (lone, None)):
        book(folder).add(id, said(f"text of {id}"), parent)
    book(folder).delete(note)
    book(folder).delete(lone)
    thread = thread_of(Library(folder), SESSION)
    assert [(one.id, one.deleted) for one in thread] == [(note, True), (reply, False)]
    assert [one.id for one in notes_of(Library(folder), SESSION)] == [reply]
    assert [one.id for one in all_of(Library(folder), SESSION)[1]] == [lone]
    book(folder).add(new(), said("written while it was being deleted"), parent=lone)
    assert "written while it was being deleted" in texts(folder), "no reply is lost"


def test_the_sessions_own_profile_gives_the_rubric(folder):
    german = make_session(folder, "german", video=False)
    info = json.loads((german / "session.json").read_text())
    labels = {}
    own = write(folder, 'extends = "default"\n[rubric.till]\nlabel = "Till"\nlook_for = "Looks up."\n')
    for profile in ("de", str(own), "/gone/for good.toml", "x" * 5000, None):
        (german / "session.json").write_text(json.dumps({**info, "profile": profile}))
        rubric = rubric_of(Catalogue(folder).open("german"))
        labels[profile] = [item.label for item in rubric.values()]
    assert labels["de"][0] == "Begrüßung"
    assert labels[str(own)] == [*labels[None], "Till"]
    assert labels["/gone/for good.toml"] == labels["x" * 5000] == labels[None]
    assert labels[None] == ["Greeting", "Eye contact", "Posture", "Listening signals", "Leave-taking"]


def test_a_note_may_keep_an_item_that_the_profile_no_longer_has(folder):
    own = write(folder, 'extends = "default"\n[rubric.till]\nlabel = "Till"\nlook_for = "Looks up."\n')
    info = json.loads((folder / SESSION / "session.json").read_text())
    (folder / SESSION / "session.json").write_text(json.dumps({**info, "profile": str(own)}))
    id = new()
    book(folder).add(id, said(rubric="till", rating=3))
    own.unlink()
    assert book(folder).change(id, 1, said("reworded", rubric="till", rating=4)).rating == 4
    with pytest.raises(InputError, match="'rubric'"):
        book(folder).add(new(), said(rubric="till", rating=3))


def test_the_rubric_is_of_behaviours_and_whole_in_both_languages():
    default, german = Profile.load("default").rubric, Profile.load("de").rubric
    assert (
        list(default) == list(german) == ["greeting", "eye_contact", "posture", "listening", "leave_taking"]
    )
    for key, item in default.items():
        assert item.label != german[key].label and item.look_for != german[key].look_for
        for text in (item.label, item.look_for, german[key].label, german[key].look_for):
            assert FEELINGS.search(text.lower()) is None
        assert item.look_for.count(".") == 1, "one sentence"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[rubric.till]\nlabel = 'Till'", "'rubric.till.look_for' is missing"),
        ("[rubric.till]\nlabel = ''\nlook_for = 'x'", "'rubric.till.label' is not a text"),
        ("[rubric.till]\nlabel = 'T'\nlook_for = 'x'\nweight = 2", "'rubric.till.weight' is not a known key"),
        ("[rubric.'a b']\nlabel = 'T'\nlook_for = 'x'", "'rubric.a b' is not a name"),
        ("rubric = 3", "'rubric.' is not a table"),
    ],
)
def test_a_wrong_rubric_is_named(tmp_path, text, words):
    with pytest.raises(InputError, match=re.escape(words)):
        Profile.load(write(tmp_path, f'extends = "default"\n{text}\n'))


def _write_many(folder, name, count, shared):
    """Adds `count` notes and, between them, changes the shared note: every change in the end goes through."""
    mine = book(folder, User(name, "trainer"))
    version = 1
    for number in range(count):
        mine.add(new(), said(f"{name} {number}"))
        text = f"shared by {name} {number}"
        while True:
            try:
                version = mine.change(shared, version, said(text)).version
                break
            except Conflict as conflict:
                version = conflict.note.version


def test_two_processes_write_hundreds_of_notes_and_nothing_is_lost(folder):
    count, shared = 120, new()
    book(folder).add(shared, said("shared"))
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=_write_many, args=(folder, name, count, shared)) for name in ("A", "B")]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(120)
        assert writer.exitcode == 0
    expected = {f"{name} {number}" for name in "AB" for number in range(count)}
    assert expected < set(texts(folder)) and len(texts(folder)) == 2 * count + 1
    versions = book(folder).history(shared)
    assert [version.version for version in versions] == list(range(1, 2 * count + 2))
    assert {version.content.text for version in versions} == {"shared"} | {
        f"shared by {name}" for name in expected
    }
    assert {version.author for version in versions} == {"Ada", "A", "B"}
