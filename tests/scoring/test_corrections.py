"""Corrections: kept beside the machine's events, never in them; and the agreement figures, by hand."""

import re
from uuid import uuid4

import pandas as pd
import pytest

from attune import InputError
from scoring.access import User
from scoring.catalogue import Catalogue
from scoring.corrections import Agreement, Correction, Corrector, agreement, corrections_of, events_of
from scoring.library import Library
from tests.sessions import CONTACT, DURATION_S, MUTUAL, NOD, make_session

SESSION, PAIR = "reception-0a1b2c3d", "pair"


@pytest.fixture
def folder(tmp_path):
    make_session(tmp_path, video=False)
    make_session(tmp_path, PAIR, video=False, people=("staff", "client"))
    return tmp_path


def corrector(folder, session=SESSION, name="Ada") -> Corrector:
    user = User(name, "trainer")
    catalogue = Catalogue(folder, user)
    return Corrector(catalogue.library, catalogue.open(session), user)


def values(verdict="wrong", span=NOD, **fields) -> dict:
    given = {"id": uuid4().hex, "verdict": verdict, "person": "staff", "kind": "nod", "text": ""}
    return {**given, "start_s": span[0], "end_s": span[1], **fields}


def figures(folder, session=SESSION) -> list[Agreement]:
    opened = Catalogue(folder).open(session)
    return agreement(events_of(opened.events()), corrections_of(Library(folder), session))


def test_figures_for_one_kind_by_hand():
    machine = [("staff", "nod", float(k), k + 0.5) for k in range(12)]
    said = [
        *(Correction.of(values(span=(k, k + 0.5)), "Ada") for k in (2, 7)),
        Correction.of(values("missing", (20.0, 21.0)), "Ada"),
    ]
    [nods] = agreement(machine, said)
    assert (nods.person, nods.kind, nods.found, nods.wrong, nods.missing) == ("staff", "nod", 12, 2, 1)
    assert nods.precision == pytest.approx(10 / 12)
    assert nods.recall == pytest.approx(10 / 11)
    assert nods.f1 == pytest.approx(20 / 23)
    assert nods.words == "Of 12 found, 2 marked as wrong, 1 added: agreement F1 .87."


def test_what_has_no_denominator_has_no_value():
    all_wrong, all_missed, nothing = (
        Agreement("staff", "nod", *n) for n in ((1, 1, 0), (0, 0, 2), (0, 0, 0))
    )
    assert (all_wrong.precision, all_wrong.recall, all_wrong.f1) == (0, None, 0)
    assert (all_missed.precision, all_missed.recall, all_missed.f1) == (None, 0, 0)
    assert (nothing.precision, nothing.recall, nothing.f1) == (None, None, None)
    assert all_missed.words == "Of 0 found, none marked as wrong, 2 added: agreement F1 .00."
    assert Agreement("staff", "nod", 3, 0, 0).words.endswith("F1 1.00.")


def test_figures_are_given_only_where_somebody_looked(folder):
    assert figures(folder) == []
    corrector(folder).add(values())
    corrector(folder).add(values("missing", (4.0, 5.0), kind="eye_contact"))
    found = {(one.person, one.kind): (one.found, one.wrong, one.missing) for one in figures(folder)}
    assert found == {("staff", "nod"): (1, 1, 0), ("staff", "eye_contact"): (2, 0, 1)}


def test_said_by_two_people_it_counts_once(folder):
    corrector(folder, name="Ada").add(values())
    corrector(folder, name="Bo").add(values())
    assert [one.author for one in corrections_of(Library(folder), SESSION)] == ["Ada", "Bo"]
    assert [one.wrong for one in figures(folder)] == [1]


def test_times_are_compared_to_the_microsecond_of_the_file():
    machine = [("staff", "nod", 0.333333, 1.0)]
    for start, wrong in ((1 / 3, [1]), (0.333334, [])):
        said = [Correction.of(values(span=(start, 1.0)), "Ada")]
        assert [one.wrong for one in agreement(machine, said)] == wrong


def test_after_a_new_analysis_what_is_gone_counts_no_more(folder):
    corrector(folder).add(values())
    corrector(folder).add(values("missing", (5.0, 5.5)))
    path = folder / SESSION / "events.csv"
    table = pd.read_csv(path)
    nods = table["kind"] == "nod"
    table.loc[nods, ["start_s", "end_s"]] = (5.0, 5.5)
    table.to_csv(path, index=False)
    assert figures(folder) == [], "the wrong one is gone, the missing one is found"
    assert len(corrections_of(Library(folder), SESSION)) == 2, "both are still there to be seen"


def test_the_machines_events_stay_as_they_are(folder):
    files = {path: path.read_bytes() for path in (folder / SESSION).iterdir()}
    corrector(folder).add(values())
    corrector(folder).add(values("missing", (7.0, 8.0)))
    assert {path: path.read_bytes() for path in (folder / SESSION).iterdir()} == files


def test_stored_once_and_taken_back(folder):
    sent = values(text="a slow look down")
    first = corrector(folder).add(sent)
    assert corrector(folder).add(sent) == first
    with pytest.raises(InputError, match="taken"):
        corrector(folder).add({**sent, "text": "something else"})
    with pytest.raises(InputError, match="taken"):
        corrector(folder, PAIR).add(sent)
    with pytest.raises(LookupError, match="no such correction"):
        corrector(folder, PAIR).withdraw(first.id)
    for _ in range(2):
        corrector(folder).withdraw(first.id)
    assert corrections_of(Library(folder), SESSION) == []
    corrector(folder).add(values())
    assert len(figures(folder)) == 1, "it can be said anew"
    corrector(folder).withdraw(corrector(folder).add(values()).id)
    assert figures(folder) == [], "said once more, as in a second window, it is the same one"


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"verdict": "unsure"}, "'verdict'"),
        ({"kind": "not_measurable"}, "'kind'"),
        ({"kind": "smile"}, "'kind'"),
        ({"kind": {}}, "'kind'"),
        ({"person": "somebody"}, "'person'"),
        ({"person": "client"}, "was not measured"),
        ({"person": "dyad"}, "doesn't go with"),
        ({"kind": "mirroring"}, "doesn't go with"),
        ({"person": "dyad", "kind": "mirroring"}, "was not measured"),
        ({"start_s": float("nan")}, "'start_s'"),
        ({"end_s": float("inf")}, "'end_s'"),
        ({"end_s": NOD[0]}, "lasts a while"),
        ({"start_s": None}, "'start_s'"),
        ({"text": ["x"]}, "'text'"),
        ({"text": "x" * 5001}, "'text'"),
        ({"id": "1"}, "'id'"),
        ({"start_s": NOD[0] + 0.01}, "none of the machine's events"),
        ({"verdict": "missing"}, "was found already"),
        ({"verdict": "missing", "end_s": DURATION_S + 1}, "not inside the session"),
    ],
    ids=str,
)
def test_what_is_wrong_is_named(folder, fields, words):
    with pytest.raises(InputError, match=re.escape(words)):
        corrector(folder).add(values(**fields))
    assert corrections_of(Library(folder), SESSION) == []


def test_every_kind_of_everybody_can_be_corrected(folder):
    kinds = corrector(folder, PAIR).kinds()
    assert ("dyad", "mirroring") in kinds and ("client", "nod") in kinds and len(kinds) == 14
    assert len(corrector(folder).kinds()) == 6
    corrector(folder, PAIR).add(values(person="dyad", kind="mutual_eye_contact", span=MUTUAL))
    corrector(folder, PAIR).add(values(person="client", kind="eye_contact", span=CONTACT[0]))
    assert [(one.person, one.kind, one.found, one.wrong) for one in figures(folder, PAIR)] == [
        ("client", "eye_contact", 2, 1), ("dyad", "mutual_eye_contact", 1, 1)
    ]  # fmt: skip
