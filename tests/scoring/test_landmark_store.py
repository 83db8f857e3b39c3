"""The overlay's landmarks: what is stored, in chunks, under which name."""

import numpy as np
import pyarrow.parquet as pq
import pytest

from scoring.landmark_store import SCHEMA, LandmarkWriter, rename_people
from tests.faces import face, no_face
from vision import topology
from vision.extract import Seen
from vision.measure import Measurement

WIDTH, HEIGHT = 640, 480
CENTRE = {"staff": (200.0, 200.0), "client": (440.0, 220.0)}


def body(x: float) -> np.ndarray:
    points = np.ones((topology.POSE_POINTS, 4), np.float32)
    points[:, 0], points[:, 1], points[:, 3] = x, 300, 0.75
    return points


def seen(k: int, person: str, looked: bool = False, found: bool = True, cut: bool = False) -> Seen:
    x, y = CENTRE[person]
    points = face(centre=(x, y - 30)) if found else no_face()  # `face` has the eyes 30 px above its centre
    world = np.zeros((topology.POSE_POINTS, 3), np.float32)
    return Seen(k, k / 10, points, body(x) if looked else None, world if looked else None, cut)


def write(path, stream, people=("staff", "client"), size=(WIDTH, HEIGHT)):
    with LandmarkWriter(path) as store:
        measurements = {name: Measurement(*size, store.keeper(name, *size)) for name in people}
        for name, one in stream:
            measurements[name].add(one)
        for measurement in measurements.values():
            measurement.finish()
    return path


@pytest.fixture
def both(tmp_path):
    """Six hundred pictures of two people: more than two of a measurement's chunks each."""
    stream = ((name, seen(k, name, looked=k % 3 == 0)) for k in range(600) for name in CENTRE)
    return write(tmp_path / "landmarks.parquet", stream)


def rows(path, person):
    table = pq.read_table(path).to_pandas()
    return table[table["person"] == person].reset_index(drop=True)


def test_every_picture_of_both_is_there_in_order(both):
    assert pq.read_schema(both).equals(SCHEMA)
    for name, (x, _) in CENTRE.items():
        mine = rows(both, name)
        assert mine["frame"].tolist() == list(range(600))
        assert mine["time_s"].to_numpy() == pytest.approx(np.arange(600) / 10)
        assert mine["face_x_px"].to_numpy() == pytest.approx([x] * 600, abs=0.01)


def test_faces_lie_about_their_centre_in_face_heights(both):
    mine = rows(both, "client")
    points = np.stack(mine["face"]).reshape(600, -1, 2).astype(float)
    assert points.shape[1] == len(topology.OVERLAY_FACE)
    wanted = (face(centre=(440, 190))[:, :2] - mine.loc[0, ["face_x_px", "face_y_px"]].to_numpy(float)) / 150
    assert points[5] == pytest.approx(wanted, abs=0.01)


def test_bodies_lie_in_the_picture_and_are_held_between_looks(tmp_path):
    stream = [("staff", seen(k, "staff", looked=k == 2, cut=k == 5)) for k in range(8)]
    mine = rows(write(tmp_path / "landmarks.parquet", stream, people=["staff"]), "staff")
    points = np.stack(mine["pose"]).reshape(8, -1, 3).astype(float)
    assert np.isnan(points[:2]).all(), "not looked at yet"
    assert points[2:5] == pytest.approx(np.broadcast_to([200 / 640, 300 / 480, 0.75], (3, 13, 3)), abs=1e-3)
    assert np.isnan(points[5:]).all(), "nothing is held over a cut"


def test_a_face_that_is_not_found_is_nan(tmp_path):
    stream = [("staff", seen(k, "staff", found=k != 1)) for k in range(3)]
    mine = rows(write(tmp_path / "landmarks.parquet", stream, people=["staff"]), "staff")
    assert np.isfinite(np.stack(mine["face"]).astype(float)).all(axis=1).tolist() == [True, False, True]
    assert mine["face_x_px"].isna().tolist() == [False, True, False]


@pytest.mark.parametrize(
    "names",
    [
        {"staff": "client", "client": "staff"},
        {"staff": "staff", "client": "client"},
        {"client": "staff"},
        {"staff": "client"},
        {},
    ],
)
def test_names_change_and_who_has_none_is_left_out(both, names):
    before = {name: rows(both, name) for name in CENTRE}
    rename_people(both, names)
    table = pq.read_table(both).to_pandas()
    assert set(table["person"]) == set(names.values()) and len(table) == 600 * len(names)
    assert pq.read_schema(both).equals(SCHEMA)
    for old, new in names.items():
        after = rows(both, new)
        for column in ("frame", "time_s", "face_x_px", "face_height_px"):
            assert after[column].tolist() == before[old][column].tolist()
        for column in ("face", "pose"):
            assert np.array_equal(np.stack(after[column]), np.stack(before[old][column]), equal_nan=True)
    assert [path.name for path in both.parent.iterdir()] == ["landmarks.parquet"], "nothing is left behind"


def test_written_elsewhere_the_file_itself_stays(both, tmp_path):
    before = both.read_bytes()
    rename_people(both, {"client": "staff"}, to=tmp_path / "elsewhere.parquet")
    assert both.read_bytes() == before
    assert rows(tmp_path / "elsewhere.parquet", "staff")["face_x_px"].iloc[0] == pytest.approx(440, abs=0.01)


def test_rows_from_before_somebody_came_are_left_out(both):
    """Until 12.5 s it was somebody else who was followed under that name."""
    rename_people(both, {"staff": "client", "client": "staff"}, since_s={"client": 12.5, "staff": -np.inf})
    assert rows(both, "staff")["frame"].tolist() == list(range(125, 600))
    assert rows(both, "client")["frame"].tolist() == list(range(600))


def test_swapped_twice_is_as_before(both):
    before = pq.read_table(both).to_pandas()
    for _ in range(2):
        rename_people(both, {"staff": "client", "client": "staff"})
    for name in CENTRE:
        mine = before[before["person"] == name].reset_index(drop=True)
        assert rows(both, name).drop(columns=["face", "pose"]).equals(mine.drop(columns=["face", "pose"]))
