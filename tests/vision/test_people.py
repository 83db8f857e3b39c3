"""Who is measured, and where in the picture to look for that person."""

import numpy as np
import pytest

from attune import UsageError
from vision.people import (
    Region,
    check_person,
    choose,
    column_of,
    distinct,
    nearest,
    region_around,
    region_of,
    tiles,
)

# From left to right: small, large, medium.
SMALL, LARGE, MEDIUM = (0, 0, 10, 10), (50, 0, 90, 40), (120, 0, 140, 20)
BOXES = np.array([LARGE, MEDIUM, SMALL], float)


@pytest.mark.parametrize(
    ("person", "chosen"),
    [("largest", LARGE), ("left", SMALL), ("right", MEDIUM), ("1", SMALL), ("2", LARGE), ("3", MEDIUM)],
)
def test_choose(person, chosen):
    found = choose(BOXES, person)
    assert found is not None and tuple(BOXES[found]) == chosen


def test_nobody_to_choose():
    assert choose(BOXES, "4") is None
    assert all(choose(np.empty((0, 4)), person) is None for person in ("largest", "left", "right", "1"))


def test_a_single_face_is_the_largest_the_leftmost_and_the_rightmost():
    one = BOXES[:1]
    assert [choose(one, person) for person in ("largest", "left", "right", "1", "2")] == [0, 0, 0, 0, None]


@pytest.mark.parametrize("person", ["largest", "left", "right", "1", "12"])
def test_persons_that_can_be_asked_for(person):
    assert check_person(person) == person


@pytest.mark.parametrize("person", ["", "0", "-1", "1.5", "middle", "LEFT", "²", " 1"])
def test_others_are_wrong_usage(person):
    with pytest.raises(UsageError, match="largest, left, right or a number"):
        check_person(person)


def test_nearest_is_where_the_face_was():
    assert tuple(BOXES[nearest(BOXES, np.array([55.0, 5, 95, 45]))]) == LARGE
    assert nearest(BOXES, np.array([50.0, 200, 90, 240])) is None, "further than its own height away"
    assert nearest(np.empty((0, 4)), BOXES[0]) is None


def test_a_region_stays_inside_the_picture():
    assert region_around(320, 240, 100, 640, 480) == Region(270, 190, 370, 290)
    assert region_around(5, 475, 100, 640, 480) == Region(0, 380, 100, 480)
    assert region_around(700, -50, 100, 640, 480) == Region(540, 0, 640, 100)
    assert region_around(320, 240, 500, 640, 480) == Region(70, 0, 570, 480), "cut to the picture"
    assert region_around(320, 240, 600, 640, 480) is None, "nearly the whole picture: no crop"


def test_what_a_region_cuts():
    picture = np.arange(48 * 64).reshape(48, 64)
    part = Region(10, 20, 14, 26).cut(picture)
    assert part.shape == (6, 4) and part[0, 0] == 20 * 64 + 10


def test_a_region_holds_a_face_with_room_to_spare():
    region = Region(100, 100, 300, 300)

    def held(*box):
        return region.holds(np.array(box, float), 640, 480)

    assert held(150, 150, 250, 250) and held(110, 110, 200, 200)
    assert not held(105, 150, 205, 250) and not held(150, 195, 250, 295)
    assert not held(195, 150, 295, 250) and not held(150, 105, 250, 205)


@pytest.mark.parametrize(
    ("box", "moved"),
    [
        ((0, 200, 100, 300), (-8, 200, 92, 300)),
        ((540, 200, 640, 300), (548, 200, 648, 300)),
        ((300, 0, 400, 100), (300, -8, 400, 92)),
        ((300, 380, 400, 480), (300, 388, 400, 488)),
    ],
)
def test_at_the_pictures_border_no_room_is_needed(box, moved):
    """Else a face at the border would be looked for in a new region at every picture."""
    region = region_of(np.array(box, float), BOXES[:1] + 1000, 640, 480)
    assert region is not None
    assert region.holds(np.array(box, float), 640, 480) and region.holds(np.array(moved, float), 640, 480)


def test_a_large_lonely_face_needs_no_region():
    nobody = np.empty((0, 4))
    assert region_of(np.array([270.0, 190, 370, 290]), nobody, 640, 480) is None
    small = region_of(np.array([300.0, 200, 340, 240]), nobody, 640, 480)
    assert small == Region(240, 140, 400, 300)


@pytest.mark.parametrize(("away", "side"), [(300, 400), (200, 350), (125, 200), (90, 150)])
def test_beside_others_the_region_leaves_them_out(away, side):
    face = np.array([600.0, 300, 700, 400])
    other = face[None] + np.array([away, 0, away, 0])
    region = region_of(face, other, 1280, 720)
    assert region is not None and region.right - region.left == side
    assert region.right <= 650 + away and region.holds(face, 1280, 720)


def test_beside_others_even_a_large_face_is_looked_for_where_it_is():
    """Two heads in one wide picture: the whole picture would hold both."""
    right = region_of(np.array([900.0, 90, 1020, 210]), np.array([[210.0, 60, 340, 190]]), 1280, 480)
    assert right == Region(720, 0, 1200, 480)


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (640, 480), (500, 500), (1280, 480), (3000, 100)])
def test_tiles_cover_the_picture_and_overlap_by_half(size):
    width, height = size
    parts, side = tiles(width, height), min(size)
    covered = np.zeros((height, width), int)
    for part in parts:
        view = part.cut(covered)
        assert view.shape == (side, side), "a square inside the picture"
        view += 1
    assert covered.min() >= 1
    starts = [max(part.left, part.top) for part in parts]
    assert max(np.diff([0, *starts])) <= side / 2 + 1


def test_one_face_in_two_tiles_is_one_face():
    seen_twice = np.concatenate([BOXES, BOXES[:2] + 2])
    assert distinct(seen_twice).tolist() == BOXES.tolist()
    assert distinct(np.empty((0, 4))).shape == (0, 4)


def test_a_body_is_looked_for_in_the_whole_picture_unless_small_or_beside_others():
    face, nobody = np.array([600.0, 300, 700, 400]), np.empty((0, 4))
    assert column_of(face, nobody, 1280, 720) is None
    assert column_of(np.array([600.0, 300, 640, 340]), nobody, 1280, 720) == Region(520, 260, 720, 580)
    far = face[None] + np.array([400, 0, 400, 0])
    assert column_of(face, far, 1280, 720) == Region(400, 200, 900, 720)
    both_sides = face[None] + np.array([[150, 0, 150, 0], [-200, 0, -200, 0]])
    assert column_of(face, both_sides, 1280, 720) == Region(500, 200, 750, 720)
