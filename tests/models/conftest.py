"""The recordings the classifiers are trained on, as their trainers get them."""

import pytest

from models.training import Recording
from scoring.retrain import recording
from scoring.training_data import FOLDER, read_training_data


@pytest.fixture(scope="session")
def recordings() -> list[Recording]:
    return [recording(take) for take in read_training_data(FOLDER)]
