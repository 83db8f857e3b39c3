"""Personal goals: one for each person and score, kept in the library."""

import pytest

from attune import InputError
from scoring.catalogue import describe
from scoring.goals import Goal, goals_of, remove_goal, set_goal
from scoring.library import Library


@pytest.fixture
def library(tmp_path) -> Library:
    library = Library(tmp_path)
    for id, person in (("one", "Ada Moreau"), ("two", "Ben")):
        describe(library, id, person=person)
    return library


def test_a_goal_is_kept_changed_and_removed(library):
    assert goals_of(library, "Ada Moreau") == {}
    posture, contact = Goal("open_posture_share", low=0.7), Goal("eye_contact_share", 0.5, 0.7)
    set_goal(library, "Ada Moreau", posture)
    set_goal(library, "ada moreau", contact)
    assert list(goals_of(library, "ADA MOREAU").values()) == [contact, posture], "in the scores' order"
    assert goals_of(library, "Ben") == {}
    higher = Goal("eye_contact_share", 0.6, 0.7)
    set_goal(library, "Ada Moreau", higher)
    assert goals_of(library, "Ada Moreau")["eye_contact_share"] == higher
    remove_goal(library, "Ada Moreau", "eye_contact_share")
    remove_goal(library, "Ada Moreau", "eye_contact_share")
    assert list(goals_of(library, "Ada Moreau")) == ["open_posture_share"]


def test_a_goal_is_for_somebody_who_is_known(library):
    with pytest.raises(InputError, match="nobody named 'Zoe'"):
        set_goal(library, "Zoe", Goal("nods_per_min", 2))
    assert goals_of(library, "Zoe") == {}


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        (("mood", 0.5, 1), "no goal for 'mood'"),
        (("mirroring_z", 0.5, 1), "no goal for 'mirroring_z'"),
        (("eye_contact_share",), "neither a low nor a high end"),
        (("eye_contact_share", 0.5, 1.1), "from 0 % to 100 %"),
        (("eye_contact_share", -0.1), "from 0 % to 100 %"),
        (("longest_gaze_away_s", None, float("inf")), "from 0.0 s on"),
        (("nods_per_min", float("nan")), "from 0.0 on"),
        (("nods_per_min", 5, 2), "above its high end"),
    ],
)
def test_a_goal_outside_the_scores_range_says_why(fields, words):
    with pytest.raises(InputError, match=words):
        Goal(*fields)


@pytest.mark.parametrize(
    ("goal", "text"),
    [
        (Goal("eye_contact_share", 0.6, 0.75), "60 % to 75 %"),
        (Goal("nods_per_min", low=2), "from 2.0"),
        (Goal("longest_gaze_away_s", high=4), "up to 4.0 s"),
    ],
)
def test_a_goal_in_words(goal, text):
    assert goal.text == text


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ([], "not measured yet"),
        ([None, None], "not measured yet"),
        ([None, 0.7], "reached in the one measured session"),
        ([0.5], "not reached in the one measured session"),
        ([0.5, 0.6, 0.75], "reached in 2 of the last 3"),
        ([0.6, None, 0.76], "reached in 1 of the last 2"),
        ([0.6, 0.6, 0.1, 0.1, 0.1, 0.1, 0.6], "reached in 1 of the last 5"),
    ],
)
def test_counts_the_last_sessions_in_which_it_was_measured(values, words):
    assert Goal("eye_contact_share", 0.6, 0.75).progress(values) == words
