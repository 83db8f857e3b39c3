"""Truth files for tests."""

import json

import pytest


@pytest.fixture
def write(tmp_path):
    """Writes a truth's file beside an (empty) video, clip.mp4; gives its path."""
    (tmp_path / "clip.mp4").touch()

    def write(content, name="clip.json"):
        path = tmp_path / name
        path.write_text(content if isinstance(content, str) else json.dumps(content), "utf-8")
        return path

    return write
