"""Landmarks in blocks of time: the right rows of any file that holds them, a sentence for any other."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from attune import InputError
from scoring.landmark_blocks import BLOCK_S, LandmarkBlocks, drawn
from tests.sessions import FACE_X_PX, make_landmarks
from vision import topology

TIMES = np.cumsum(np.random.default_rng(3).uniform(0.01, 0.2, 400))  # of a variable rate


@pytest.fixture
def path(tmp_path):
    return make_landmarks(tmp_path / "landmarks.parquet", {"staff": TIMES, "client": TIMES[100:]}, chunk=64)


def rows(blocks: LandmarkBlocks, person: str) -> list[np.ndarray]:
    return [blocks.block(person, number).time_s for number in range(int(TIMES[-1] // BLOCK_S) + 2)]


def test_every_row_is_in_the_block_of_its_time(path):
    blocks = LandmarkBlocks(path)
    for person, times in (("staff", TIMES), ("client", TIMES[100:])):
        found = rows(blocks, person)
        np.testing.assert_array_equal(np.concatenate(found), times)
        for number, part in enumerate(found):
            assert np.all(part // BLOCK_S == number)
    assert len(blocks.block("nobody", 0).time_s) == 0


def test_a_file_in_one_piece_or_without_statistics_reads_the_same(path, tmp_path):
    whole = pq.read_table(path)
    for name, options in (("one", {}), ("blind", {"write_statistics": False, "row_group_size": 50})):
        pq.write_table(whole, tmp_path / name, **options)
        np.testing.assert_array_equal(
            np.concatenate(rows(LandmarkBlocks(tmp_path / name), "client")), TIMES[100:]
        )


def test_points_keep_their_order(path):
    block = LandmarkBlocks(path).block("staff", 0)
    np.testing.assert_array_equal(block.origin_px[:3, 0], FACE_X_PX["staff"] + np.arange(3))
    face = block.face[0].reshape(-1, 2)
    np.testing.assert_allclose(face[:, 1], np.linspace(-0.5, 0.5, len(face)), atol=1e-3)
    assert block.face.dtype == np.float16 and block.face.shape[1] == 2 * len(topology.OVERLAY_FACE)


def test_what_is_drawn_names_points_that_are_kept():
    parts = drawn()
    assert {i for edge in parts["face_edges"] for i in edge} <= set(range(len(topology.OVERLAY_FACE)))
    assert {i for edge in parts["pose_edges"] for i in edge} <= set(range(len(topology.OVERLAY_POSE)))
    assert [len(eye) for eye in parts["irises"]] == [5, 5]


@pytest.mark.parametrize("wrong", ["text", "column", "width"])
def test_another_file_is_refused_with_a_sentence(path, wrong):
    table = pq.read_table(path)
    if wrong == "column":
        pq.write_table(table.drop_columns(["pose"]), path)
    elif wrong == "width":
        short = pa.array([[0.0, 1.0]] * len(table), pa.list_(pa.float32(), 2))
        pq.write_table(table.set_column(table.schema.get_field_index("face"), "face", short), path)
    else:
        path.write_text("not Parquet")
    with pytest.raises(InputError, match=path.name):
        LandmarkBlocks(path)
