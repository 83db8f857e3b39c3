"""What is drawn stands where it was measured, and says in words and shapes what it says in colour."""

import numpy as np
import pytest

from vision import overlay
from vision.overlay import Span, TimeBar
from vision.topology import OVERLAY_FACE, OVERLAY_FACE_EDGES, OVERLAY_IRIS, OVERLAY_POSE, OVERLAY_POSE_EDGES

BLUE, WHITE = (0, 114, 178), (255, 255, 255)


@pytest.fixture
def rgb() -> np.ndarray:
    return np.full((240, 320, 3), 128, np.uint8)


def _changed(rgb: np.ndarray) -> np.ndarray:
    """Rows and columns of the pixels that were drawn on, shape (k, 2)."""
    return np.argwhere((rgb != 128).any(axis=2))


def _face(rng=None) -> np.ndarray:
    """Points in the box 100 to 140 by 80 to 130."""
    rng = np.random.default_rng(1)
    return rng.uniform((100, 80), (140, 130), (len(OVERLAY_FACE), 2))


def test_a_face_is_drawn_where_its_points_are(rgb):
    points = _face()
    overlay.draw_face(rgb, points)
    drawn = _changed(rgb)
    used = points[sorted({i for edge in OVERLAY_FACE_EDGES for i in edge})]
    for x, y in used:
        assert np.abs(drawn - (y, x)).max(axis=1).min() <= 1
    radius = np.ptp(points[list(OVERLAY_IRIS)], axis=0).max()
    assert drawn.min(axis=0).tolist() >= [80 - radius, 100 - radius]


def test_what_is_not_measured_is_not_drawn(rgb):
    points = _face()
    points[7] = np.nan
    overlay.draw_face(rgb, points)
    overlay.draw_body(rgb, np.full((len(OVERLAY_POSE), 3), np.nan))
    overlay.draw_gaze(rgb, np.array([100.0, 100.0]), np.nan, 3.0, 80.0)
    assert not len(_changed(rgb))


def test_hidden_limbs_are_left_out(rgb):
    points = np.column_stack([np.linspace(40, 280, len(OVERLAY_POSE)), np.full(len(OVERLAY_POSE), 100.0)])
    seen = np.zeros(len(OVERLAY_POSE))
    a, b = OVERLAY_POSE_EDGES[1]
    seen[[a, b]] = 1.0
    overlay.draw_body(rgb, np.column_stack([points, seen]))
    left, right = sorted((points[a, 0], points[b, 0]))
    columns = _changed(rgb)[:, 1]
    assert left - 6 <= columns.min() <= left
    assert right <= columns.max() <= right + 6


@pytest.mark.parametrize(
    ("yaw", "pitch", "row", "column"),
    [(30, 0, 120, 200), (-30, 0, 120, 120), (0, 30, 80, 160), (0, -30, 160, 160)],
)
def test_the_line_of_sight_points_as_it_is_registered(rgb, yaw, pitch, row, column):
    # + yaw is the picture's right, + pitch is up; at 30 degrees the arrow has half its full length.
    overlay.draw_gaze(rgb, np.array([160.0, 120.0]), yaw, pitch, 80.0)
    drawn = _changed(rgb)
    far = drawn[np.linalg.norm(drawn - (120, 160), axis=1).argmax()]
    assert np.abs(far - (row, column)).max() <= 4


def test_a_look_into_the_lens_is_a_ring(rgb):
    overlay.draw_gaze(rgb, np.array([160.0, 120.0]), 0.0, 0.0, 80.0)
    assert np.linalg.norm(_changed(rgb) - (120, 160), axis=1).max() < 9


def test_labels_are_words_and_not_only_colours(rgb):
    pictures = []
    for text in ("Eye contact", "Looking away", "Blick zum Gegenüber", "Blick zum Gegenuber"):
        picture = rgb.copy()
        overlay.draw_labels(picture, [(text, BLUE)])
        pictures.append(picture.tobytes())
    assert len(set(pictures)) == 4


def test_labels_stay_inside_any_picture():
    for shape in ((240, 320), (20, 30), (8, 400)):
        small = np.full((*shape, 3), 128, np.uint8)
        overlay.draw_labels(small, [("a very long label " * 9, BLUE)] * 30)
        overlay.draw_labels(small, [("right", BLUE)], right=True)


def _bar() -> TimeBar:
    rows = [
        ("Eye contact", [Span(0, 5, "contact", BLUE), Span(5, 10, "the face was hidden")]),
        ("Arms crossed", []),
    ]
    return TimeBar(640, 20.0, rows)


def test_blocks_stand_at_their_times_and_the_unmeasured_is_hatched():
    image = _bar().at(20.0, "0:20")
    row = image[6]
    blue = np.flatnonzero((row == BLUE).all(axis=1))
    room = 640 - 10 - blue[0]  # the bar begins with the block and leaves a margin of one letter
    assert blue[-1] - blue[0] == pytest.approx(room / 4, abs=4)
    hatched = image[2:14, blue[-1] + 10 : blue[0] + round(room / 2) - 10].reshape(-1, 3)
    assert {tuple(pixel) for pixel in hatched} >= {overlay.DARK, (130, 130, 130)}
    free = image[2:12, blue[0] + round(room * 0.6) : blue[0] + round(room * 0.9)]
    assert (free == overlay.DARK).all()


def test_the_playhead_moves_with_time():
    bar = _bar()
    rest = bar.at(0.0, "")
    columns = []
    for time_s in (5.0, 10.0, 15.0, 20.0):
        differs = (bar.at(time_s, "") != rest).any(axis=(0, 2))
        columns.append(np.flatnonzero(differs).max())
    steps = np.diff(columns)
    assert steps.min() > 100
    assert np.ptp(steps) <= 2
    assert bar.at(3.0, "0:03").shape == (bar.height, 640, 3)
