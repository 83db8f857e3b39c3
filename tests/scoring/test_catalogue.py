"""The catalogue: what a library holds, what people say of it, and that nothing stays of what is deleted."""

import pytest

from attune import InputError
from scoring.access import User
from scoring.catalogue import Catalogue
from scoring.goals import Goal, set_goal
from scoring.library import Library
from scoring.notes import Content, Notebook
from scoring.session import Session
from tests.sessions import make_session

WORD = b"Wilhelmina-Unmistakable"


@pytest.fixture
def folder(tmp_path):
    make_session(tmp_path, "first", video=False, created="2025-03-10T09:00:00Z", title="A")
    make_session(tmp_path, "second", video=False, created="2025-03-11T09:00:00Z", title="B")
    return tmp_path


def test_lists_the_newest_first_and_the_broken_last(folder):
    make_session(folder, "newer", video=False, schema_version=99)
    (folder / "broken").mkdir()
    (folder / "broken" / "session.json").write_text("{")
    said = (folder / "second" / "session.json").read_text()
    (folder / "second" / "session.json").write_text(said.replace("12.0", "9" * 400))
    entries = Catalogue(folder).entries()
    assert entries[0].duration_s is None, "a length that is no number takes no list away"
    assert [entry.id for entry in entries] == ["second", "first", "broken", "newer"]
    assert [bool(entry.problem) for entry in entries] == [False, False, True, True]


def test_half_written_and_foreign_folders_are_not_listed(tmp_path):
    make_session(tmp_path, ".hidden.partial", video=False)
    (tmp_path / "holiday pictures").mkdir()
    (tmp_path / "file.txt").write_text("")
    assert Catalogue(tmp_path).entries() == []
    assert Catalogue(tmp_path / "missing").entries() == []
    assert not (tmp_path / "library.sqlite").exists(), "looking writes nothing"


def test_keeps_what_is_said_of_a_session(folder):
    catalogue = Catalogue(folder)
    catalogue.describe("first", person=" Ada  Moreau ", scenario="Check-in", tags=["desk", "Desk", ""])
    catalogue.describe("second", person="ada moreau")
    first, second = (next(e for e in catalogue.entries() if e.id == id) for id in ("first", "second"))
    assert (first.person, first.scenario, first.tags) == ("Ada Moreau", "Check-in", ("desk",))
    assert second.person == "Ada Moreau", "one person, however their name is written"
    assert catalogue.people() == ["Ada Moreau"]
    catalogue.describe("first", person="", tags=[])
    first = next(e for e in catalogue.entries() if e.id == "first")
    assert (first.person, first.scenario, first.tags) == ("", "Check-in", ())
    catalogue.describe("second", person="Ada Mercier")
    assert catalogue.people() == ["Ada Mercier"], "a name that was put right isn't offered for ever"
    catalogue.describe("first", person="\xe5sa", tags=["\xdcbung", "u\u0308bung", "desk"])
    catalogue.describe("second", person="A\u030aSA")
    assert catalogue.people() == ["\xe5sa"], "also with letters that SQLite doesn't know, and in two parts"
    assert next(e for e in catalogue.entries() if e.id == "first").tags == ("desk", "\xdcbung")
    catalogue.describe("second", person="\xc5sa")
    assert catalogue.people() == ["\xc5sa"], "how a name is written can be put right"


def test_counts_notes_as_the_review_does(folder):
    catalogue = Catalogue(folder)
    book = Notebook(catalogue.library, catalogue.open("first"))
    said = Content(kind="keep", start_s=1.0, end_s=1.0, text="Seen.")
    first = book.add("0" * 32, said)
    book.add("1" * 32, said, first.id)
    assert [entry.notes for entry in catalogue.entries()] == [0, 1], "a reply is part of its note"


def test_a_new_title_is_in_the_session_itself(folder):
    Catalogue(folder).rename("first", "  Front desk,\nsecond try ")
    session = Session.open(folder / "first")
    assert session.info["title"] == "Front desk, second try"
    assert session.info["source"]["width"] == 320, "the rest is as it was"
    with pytest.raises(InputError, match="empty"):
        Catalogue(folder).rename("first", " ")
    with pytest.raises(InputError, match="longer"):
        Catalogue(folder).rename("first", "x" * 201)


@pytest.mark.parametrize("id", ["", ".", "..", "../first", "first/..", "a\\b", "first\0", ".first", "/etc"])
def test_a_name_is_never_a_path(folder, id):
    for act in (Catalogue(folder).open, Catalogue(folder).forget):
        with pytest.raises(LookupError):
            act(id)
    assert len(Catalogue(folder).entries()) == 2


def test_forgetting_leaves_no_file_and_no_row(folder):
    catalogue = Catalogue(folder)
    catalogue.describe("first", person=WORD.decode(), scenario=WORD.decode(), tags=[WORD.decode()])
    catalogue.describe("second", person="Ada", tags=["kept"])
    set_goal(catalogue.library, WORD.decode(), Goal("nods_per_min", low=2.0))
    assert any(WORD in path.read_bytes() for path in folder.glob("library.sqlite*"))
    catalogue.forget("first")
    assert [entry.tags for entry in catalogue.entries()] == [("kept",)]
    assert catalogue.people() == ["Ada"]
    assert not (folder / "first").exists()
    assert not any(WORD in path.read_bytes() for path in folder.rglob("*") if path.is_file())


def test_staff_see_their_own_sessions_only(folder):
    ada = User("Ada", "staff")
    with Library(folder).writing() as connection:
        connection.execute("INSERT INTO sessions (id, owner) VALUES ('first', 'Ada')")
    assert [entry.id for entry in Catalogue(folder, ada).entries()] == ["first"]
    with pytest.raises(LookupError):
        Catalogue(folder, ada).open("second")
    assert len(Catalogue(folder, User("Tom", "trainer")).entries()) == 2


def test_a_failed_write_leaves_nothing(folder):
    library = Library(folder)
    with pytest.raises(KeyError), library.writing() as connection:
        connection.execute("INSERT INTO tags VALUES ('first', 'half')")
        raise KeyError
    assert all(entry.tags == () for entry in Catalogue(folder).entries())


def test_a_library_of_a_newer_attune_is_not_touched(folder):
    with Library(folder).writing() as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InputError, match="newer Attune"):
        Catalogue(folder).entries()


def test_without_a_place_for_the_shared_file_as_on_a_full_disk_sessions_are_read_and_deleted(folder):
    catalogue = Catalogue(folder)
    catalogue.describe("first", person="Ada")
    (folder / "library.sqlite-shm").symlink_to(folder / "nowhere" / "else")  # SQLite can't make it then
    assert [entry.person for entry in catalogue.entries()] == ["", "Ada"]
    catalogue.forget("first")
    assert [entry.id for entry in catalogue.entries()] == ["second"]
    assert catalogue.people() == []


def test_what_is_left_in_the_log_is_read_too(folder):
    catalogue = Catalogue(folder)
    catalogue.describe("first", person="Ada")
    with catalogue.library.reading(), catalogue.library.reading():
        catalogue.describe("first", person="Bo")
        for name in ("library.sqlite", "library.sqlite-wal"):
            (folder / f"{name}.kept").write_bytes((folder / name).read_bytes())
    for name in ("library.sqlite", "library.sqlite-wal"):  # as after a power cut
        (folder / f"{name}.kept").rename(folder / name)
    (folder / "library.sqlite-shm").unlink(missing_ok=True)
    (folder / "library.sqlite-shm").symlink_to(folder / "nowhere" / "else")
    assert catalogue.people() == ["Bo"]
