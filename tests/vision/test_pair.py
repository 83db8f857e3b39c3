"""Two people, each under one identity: scenes put together from rendered clips, with known answers."""

import json

import numpy as np
import pytest

from tests import clips
from tests.scenes import (
    AGAIN_S,
    CAST,
    COMES_S,
    FEW,
    FIRST,
    FPS,
    LEFT,
    NEAR_PX,
    RIGHT,
    SCENES,
    SECOND,
    THIRD,
    TOP,
    Followed,
    actor,
    during,
    first,
    follow,
    made,
    passer_by_first,
    passers_by_only,
)
from tests.stage import Scene, play
from vision import topology
from vision.extract import Extractor
from vision.head import face_box_px
from vision.pair import BRIEF_S, GONE_S, STAYS_INSTEAD_S
from vision.source import VideoFile


@pytest.fixture(scope="module")
def followed():
    """Plays and follows a scene of `SCENES`, once."""
    done: dict[str, Followed] = {}

    def get(name: str) -> Followed:
        if name not in done:
            done[name] = follow(made(name))
        return done[name]

    return get


def assert_each_is_followed(one: Followed, after_s: float = AGAIN_S) -> None:
    for k in range(2):
        assert one.on(k, k)[one.found(k)].all(), "wherever a face is found it is its own person's"
        assert one.found(k)[one.visible(k, after_s)].mean() >= 0.95


# ----- identity


@pytest.mark.parametrize("name", SCENES)
def test_each_keeps_one_identity(followed, name):
    assert_each_is_followed(followed(name), COMES_S if name == "second comes late" else AGAIN_S)


def test_a_scene_shows_what_it_says(followed):
    """The truth itself: who is hidden when."""
    seats, passes = followed("swap seats").scene, followed("third passes").scene
    assert 0.05 < seats.hidden[0].mean() < 0.4 and not seats.hidden[1].any()
    assert all(0.05 < passes.hidden[k].mean() < 0.4 for k in range(2))
    assert followed("stay").faces_seen == 2
    assert followed("third at the edge").faces_seen == followed("third passes").faces_seen == 3


def test_who_is_away_is_not_found(followed):
    one = followed("leave and return")
    away = (one.time_s > 2.2) & (one.time_s < 4.4)
    assert not one.found(1)[away].any() and one.found(0).all()


def test_somebody_else_in_their_chair_is_nobody(followed):
    one = followed("third sits down")
    taken = (one.time_s >= 3) & (one.time_s < 6)
    assert not one.found(1)[taken].any() and one.found(0).all()


def test_whoever_stays_in_sight_is_not_lost_when_the_light_changes(followed):
    for name in ("dimmed", "switched off", "switched on"):
        one = followed(name)
        assert min(one.found(k).mean() for k in range(2)) >= 0.97
    assert followed("dimmed while away").found(0).mean() >= 0.97


def test_who_comes_late_is_followed_from_then_on(followed):
    one = followed("second comes late")
    assert not one.found(1)[one.time_s < 4].any() and one.found(1)[one.time_s >= 5.5].all()


def test_a_single_person_stays_alone():
    one = follow(play([actor(FIRST, (200.0, TOP))], 4, fps=FPS))
    assert one.on(0, 0).all() and not one.found(1).any() and one.faces_seen == 1


def test_nobody_at_all():
    one = follow(Scene(clips.noise(1.0), [], []))
    assert not one.found(0).any() and not one.found(1).any()


# ----- who passed by at the start


def test_who_passed_by_at_the_start_gives_the_place_to_whoever_stays():
    one = follow(play(passer_by_first(*CAST), 12, fps=FEW))
    assert one.on(0, 0)[one.found(0)].all() and one.found(0).mean() >= 0.95
    since_s = one.since_s[1]
    assert one.since_s[0] == -np.inf and 1.5 + GONE_S < since_s <= 1.5 + GONE_S + STAYS_INSTEAD_S + 0.5
    before, after = one.time_s < since_s, one.time_s >= since_s
    assert one.found(1)[before].any() and not one.on(1, 2)[before].any()
    assert one.on(1, 2)[after].all() and not one.swapped


def test_two_come_after_somebody_has_passed_by():
    one = follow(play(passers_by_only(*CAST), 13, fps=FEW))
    after = one.time_s > 11.5
    order = (1, 2) if one.on(0, 1)[after].all() else (2, 1)
    assert all(one.on(k, order[k])[after].all() for k in range(2))
    staff = order[1 if one.swapped else 0]
    assert staff == 1, "on the left of the two who stayed"
    assert one.since_s[0] > 1.5 + GONE_S


def test_who_was_there_for_long_keeps_the_place_however_long_they_are_away():
    away_s = BRIEF_S + 0.7
    actors = [
        actor(FIRST, (LEFT, TOP)),
        actor(SECOND, during(RIGHT, (0, away_s), (away_s + 9, 99))),
        actor(THIRD, during(RIGHT, (away_s + 0.5, away_s + 8.5))),
    ]
    one = follow(play(actors, away_s + 10, fps=FEW))
    assert_each_is_followed(one)
    assert one.since_s == [-np.inf, -np.inf]


# ----- roles


@pytest.mark.parametrize(("staff", "who"), [("left", 0), ("1", 0), ("right", 1), ("2", 1)])
def test_roles_as_asked(followed, staff, who):
    scene = followed("stay").scene
    one = follow(first(scene, 6), staff)
    assert one.on(1 if one.swapped else 0, who).all() and one.on(0 if one.swapped else 1, 1 - who).all()


@pytest.mark.parametrize(("staff", "who"), [("left", 0), ("right", 1), ("2", 1)])
def test_roles_are_given_when_the_second_comes(staff, who):
    actors = [actor(FIRST, (LEFT, TOP)), actor(SECOND, during(RIGHT, (1, 9)))]
    one = follow(play(actors, 2, fps=FPS), staff)
    last = one.time_s > 1.7
    assert one.on(1 if one.swapped else 0, who)[last].all()


def test_roles_stay_with_people_who_change_seats(followed):
    one = followed("swap seats")
    there = (one.time_s > 3.8) & (one.time_s < 4.8)
    assert not one.swapped and (one.at_px[0][there, 0] > one.at_px[1][there, 0]).all()


def test_of_three_the_number_counts_from_the_left(followed):
    scene = followed("third at the edge").scene
    for staff, who in (("1", 2), ("2", 0), ("3", 1)):
        one = follow(first(scene, 6), staff)
        assert one.on(0, who).all() and one.found(1).all() and not one.swapped


# ----- recordings


def test_a_recording_with_a_cut_and_whose_bodies_are_whose(tmp_path):
    """As a file: the cut is found in the picture, and each body is its face's person's."""
    scene = made("sides change at a cut")
    path = scene.write(tmp_path / "scene.mp4", FPS)
    with VideoFile(path) as source, Extractor(people=2, staff="right") as extractor:
        people = list(extractor.run_all(source))
    assert extractor.faces_seen == 2 and not extractor.swapped
    for k, who in ((0, 1), (1, 0)):
        x, y, _ = face_box_px(np.stack([pair[k].face for pair in people]))
        apart = np.linalg.norm(np.stack([x, y], axis=1) - scene.eyes_px[who], axis=1)
        assert np.isfinite(x).mean() >= 0.95 and np.nanmax(apart) <= NEAR_PX
        looked = np.array([pair[k].body is not None for pair in people])
        noses = np.array([pair[k].body[topology.NOSE, 0] for pair in people if pair[k].body is not None])
        own = np.isfinite(noses)
        assert own.mean() >= 0.8
        assert np.abs(noses - scene.eyes_px[who][looked, 0])[own].max() <= NEAR_PX


def half_turned(seconds) -> tuple[Scene, list[np.ndarray]]:
    """Two people who half face each other, 960 x 540, and how far each head is turned from the lens."""
    frames = clips.pictures("demo", seconds)
    rows = json.loads((clips.SAMPLES / "demo.json").read_text())["frames"]
    times_s = np.array([row["time_s"] for row in rows])
    rows = [rows[int(np.abs(times_s - frame.time_s).argmin())] for frame in frames]
    eyes = [np.array([row[who]["eye_px"] for row in rows]) for who in ("p0", "p1")]
    turned = [
        np.array([np.hypot(row[who]["head_yaw_to_lens"], row[who]["head_pitch_to_lens"]) for row in rows])
        for who in ("p0", "p1")
    ]
    return Scene(frames, eyes, [angle > 60 for angle in turned]), turned


@pytest.mark.parametrize("seconds", [3, pytest.param(60, marks=pytest.mark.slow)])
def test_half_profiles_are_found(seconds):
    scene, turned = half_turned(seconds)
    one = follow(scene, mirror_hz=15)
    assert max(angle.max() for angle in turned) > 40
    for k in range(2):
        assert one.on(k, k)[one.found(k)].all()
        assert one.found(k)[one.visible(k)].mean() >= 0.95


# ----- every cast


CASTS = [(THIRD, SECOND, FIRST), (SECOND, THIRD, FIRST), (FIRST, THIRD, SECOND)]


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(set(SCENES) - {"third at the edge"}))
@pytest.mark.parametrize("cast", CASTS, ids=["CBA", "BCA", "ACB"])
def test_whoever_they_are(name, cast):
    """The same scenes played by others."""
    assert_each_is_followed(follow(made(name, cast)), COMES_S if name == "second comes late" else AGAIN_S)
