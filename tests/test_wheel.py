"""What people install: the wheel, in a fresh environment made from the lock."""

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

from tests.conftest import ROOT


def run(*command, **options) -> subprocess.CompletedProcess:
    done = subprocess.run([*map(str, command)], capture_output=True, text=True, **options)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", folder, ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory) -> Path:
    """The folder of scripts of a fresh environment that holds the lock and the wheel."""
    home = tmp_path_factory.mktemp("environment")
    venv.create(home, with_pip=True)
    scripts = home / ("Scripts" if os.name == "nt" else "bin")
    install = (scripts / "python", "-m", "pip", "install", "-qq", "--no-deps")
    run(*install, "--require-hashes", "-r", ROOT / "requirements.lock")
    run(*install, wheel)
    return scripts


@pytest.mark.slow
def test_the_wheel_holds_what_is_needed_and_no_more(wheel):
    names = zipfile.ZipFile(wheel).namelist()
    for model in ("eye_contact", "posture", "nod"):
        for file in ("model.onnx", "card.toml", "card.md"):
            assert f"models/{model}/{file}" in names
    assert "scoring/profiles/default.toml" in names
    assert any(name.startswith("scoring/templates/") for name in names)
    assert any(name.startswith("scoring/samples/") and name.endswith(".mp4") for name in names)
    tops = {name.split("/")[0] for name in names if ".dist-info/" not in name}
    assert tops == {"attune.py", "vision", "models", "scoring", "dashboard"}
    assert not any("__pycache__" in name or name.startswith("tests/") for name in names)


@pytest.mark.slow
def test_analyze_works_from_the_wheel(installed, tmp_path):
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    options = {"cwd": tmp_path, "env": environment}
    code = "from scoring.resources import samples_folder; print(samples_folder())"
    samples = Path(run(installed / "python", "-c", code, **options).stdout.strip())
    assert samples.is_relative_to(installed.parent), "the sample comes from the wheel, not from the checkout"
    sample = min(samples.glob("*.mp4"), key=lambda path: path.stat().st_size)
    done = run(installed / "attune", "analyze", sample, "--out", tmp_path / "library", "--json", **options)
    result = json.loads(done.stdout)
    assert 0 <= result["scores"]["staff"]["eye_contact_share"]["value"] <= 1
    assert (Path(result["session"]) / "signals.parquet").exists()
    report = json.loads(run(installed / "attune", "doctor", "--json", **options).stdout)
    assert report["ok"]
