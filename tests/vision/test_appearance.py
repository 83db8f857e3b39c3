"""How alike two people look: made people whose colours are known."""

import numpy as np
import pytest

from vision.appearance import NEAR, SAME, Light, Look, View, view_of

SKIN, HAIR, ROOM = (205, 160, 135), (60, 45, 35), (120, 125, 130)
GREEN, RED, NAVY = (60, 130, 70), (170, 50, 50), (35, 45, 90)


def picture(clothes=GREEN, skin=SKIN, hair=HAIR, x=160, size=(320, 240), room=ROOM) -> np.ndarray:
    """Somebody 40 px wide in the face, whose clothes reach to the lower border, lit from the left."""
    rgb = np.full((size[1], size[0], 3), room, np.uint8)
    for colour, (left, top, right, bottom) in (
        (hair, (-26, 40, 26, 80)), (skin, (-20, 62, 20, 110)), (clothes, (-48, 122, 48, 240)),
    ):  # fmt: skip
        rgb[top:bottom, max(0, x + left) : max(0, x + right)] = colour
    shade = np.clip(1 - (np.arange(size[0]) - x) / 150, 0.6, 1.4)[:, None]
    return np.clip(rgb * shade, 0, 255).astype(np.uint8)


def face_box(x=160) -> np.ndarray:
    return np.array([x - 20.0, 62, x + 20, 110])


def view(x=160, **colours) -> View:
    return view_of(picture(x=x, **colours), face_box(x))


def lit(rgb, *gains) -> np.ndarray:
    return np.clip(rgb * np.array(gains), 0, 255).astype(np.uint8)


# ----- one view


def test_the_same_view_is_no_distance_away():
    assert view().distance(view()) == pytest.approx(0, abs=1e-3)


def test_distance_is_the_same_from_both_sides_and_within_bounds():
    views = [view(), view(clothes=RED), view(skin=(110, 75, 55), hair=(20, 20, 20)), view(clothes=NAVY)]
    for a in views:
        for b in views:
            assert a.distance(b) == b.distance(a) and 0 <= a.distance(b) <= 1


@pytest.mark.parametrize("colours", [{"clothes": RED}, {"clothes": NAVY, "hair": (190, 170, 120)}])
def test_other_clothes_are_far_apart(colours):
    assert view().distance(view(**colours)) > NEAR


def test_where_in_the_picture_doesnt_matter():
    assert view().distance(view(x=100)) == pytest.approx(0, abs=1e-3)


def test_how_near_somebody_is_matters_little():
    near = np.repeat(np.repeat(picture(), 2, axis=0), 2, axis=1)
    assert view().distance(view_of(near, 2 * face_box())) < 0.1


def test_a_little_more_light_is_still_them():
    assert view().distance(view_of(lit(picture(), 1.05, 1.05, 1.05), face_box())) < SAME


def test_without_clothes_in_the_picture_the_head_is_compared():
    low = picture()[:112]
    cut_off = view_of(low, face_box())
    assert cut_off.clothes is None and cut_off.head is not None
    assert cut_off.distance(view(clothes=RED)) == pytest.approx(0, abs=0.02)
    assert cut_off.distance(view(skin=(110, 75, 55), hair=(200, 180, 130))) > NEAR


@pytest.mark.parametrize(
    "box", [(-18, 62, 22, 110), (298, 62, 338, 110), (140, -20, 180, 28), (140, 190, 180, 238)]
)
def test_a_box_at_the_border_is_cut_to_the_picture(box):
    found = view_of(picture(), np.array(box, float))
    assert found.head is not None
    assert found.distance(found) == pytest.approx(0, abs=1e-3)


@pytest.mark.parametrize("box", [(-200, -200, -160, -152), (400, 62, 440, 110), (140, 400, 180, 448)])
def test_outside_the_picture_nothing_can_be_compared(box):
    found = view_of(picture(), np.array(box, float))
    assert found.head is None and found.clothes is None
    assert np.isnan(found.distance(view())) and np.isnan(found.distance(found))


def test_of_people_side_by_side_each_has_their_own_side():
    """Shoulders 1.4 face heights apart: without the other's face known, half of what is seen is theirs."""
    rgb, boxes = picture(clothes=GREEN, x=120), np.stack([face_box(120), face_box(187)])
    rgb[:, 154:] = picture(clothes=RED, x=187)[:, 154:]
    alone = view()
    own = [view_of(rgb, boxes[k], np.delete(boxes, k, axis=0)) for k in range(2)]
    assert alone.distance(own[0]) < alone.distance(view_of(rgb, boxes[0]))
    assert alone.distance(own[0]) < SAME < NEAR < own[0].distance(own[1])


# ----- what is remembered


def test_a_look_is_as_far_as_its_nearest_view():
    look = Look()
    assert not look.known and look.distance(view()) == 0
    look.remember(view())
    look.remember(view(clothes=RED))
    assert look.known
    assert look.distance(view()) == pytest.approx(0, abs=1e-3) == look.distance(view(clothes=RED))
    assert look.distance(view(clothes=NAVY)) == min(
        view(clothes=NAVY).distance(one) for one in (view(), view(clothes=RED))
    )


def test_few_views_are_kept_and_the_first_for_good():
    colours = [GREEN, RED, NAVY, (220, 200, 60), (140, 60, 160), (200, 120, 40), (60, 160, 200), (230,) * 3,
               (30, 30, 30), (120, 20, 20), (20, 90, 120)]  # fmt: skip
    look, many = Look(), [view(clothes=one) for one in colours]
    for one in many:
        look.remember(one)
    kept = [k for k, one in enumerate(many) if look.distance(one) < 1e-3]
    assert kept == [0, 4, 5, 6, 7, 8, 9, 10]


def test_where_nothing_can_be_compared_nobody_is_excluded():
    look = Look()
    look.remember(view())
    assert look.distance(View.of(None, None)) == 0


def test_what_is_remembered_is_seen_in_the_new_light():
    look = Look()
    look.remember(view())
    darker = view_of(lit(picture(), 0.7, 0.7, 0.75), face_box())
    assert look.distance(darker) > SAME
    look.relight(np.array([0.7, 0.7, 0.75]))
    assert look.distance(darker) < 0.1
    assert look.distance(view_of(lit(picture(clothes=RED), 0.7, 0.7, 0.75), face_box())) > NEAR


# ----- the light


def room(seed=0) -> np.ndarray:
    """A room with something in it, neither black nor white anywhere."""
    coarse = np.random.default_rng(seed).integers(50, 190, (12, 16, 3), dtype=np.uint8)
    return np.repeat(np.repeat(coarse, 20, axis=0), 20, axis=1)


def changes(*pictures) -> list[np.ndarray | None]:
    light = Light()
    return [light.change(rgb) for rgb in pictures]


def test_the_light_of_a_room_that_stays_as_it_is():
    assert changes(room(), room(), room()) == [None] * 3


@pytest.mark.parametrize("gains", [(0.6, 0.6, 0.6), (1.25, 1.25, 1.25), (0.9, 1.0, 1.1)])
def test_the_light_that_changes_is_told_once(gains):
    first, second, third = changes(room(), lit(room(), *gains), lit(room(), *gains))
    assert first is None and third is None
    assert second == pytest.approx(np.array(gains), rel=0.02)


def test_a_light_that_changes_slowly_adds_up():
    steps = [0.99**k for k in range(40)]
    told = [one for one in changes(*(lit(room(), *[g] * 3) for g in steps)) if one is not None]
    assert len(told) > 3
    assert np.prod(told, axis=0) == pytest.approx([0.99**39] * 3, abs=0.05)


def test_who_walks_through_the_room_doesnt_change_the_light():
    def with_somebody(x):
        rgb = room()
        rgb[40:, x : x + 100] = NAVY
        return rgb

    assert changes(*(with_somebody(x) for x in range(0, 220, 40))) == [None] * 6


def test_another_room_is_no_other_light():
    assert changes(room(), room(1), room(2)) == [None] * 3
    light = Light()
    light.change(room())
    light.forget()
    assert light.change(lit(room(), 0.6, 0.6, 0.6)) is None


def test_black_pictures_tell_nothing_and_the_light_after_them_is_known():
    black = np.zeros_like(room())
    found = changes(room(), black, black, lit(room(), 0.7, 0.7, 0.7))
    assert found[:3] == [None] * 3
    assert found[3] == pytest.approx([0.7] * 3, rel=0.02)
