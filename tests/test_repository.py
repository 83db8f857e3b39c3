"""What may be in the repository: short modules, small data, nothing of the machine it was made on."""

import re
import subprocess
from pathlib import Path

import pytest

from tests.conftest import ROOT

MEGABYTE = 1_000_000
# Absolute paths of somebody's machine, and package indexes other than the one pip asks by default.
MACHINE = re.compile(
    r"(?<![\w./])/(?:work|root|Users|home/\w+)/"
    r"|--(?:extra-)?index-url\b"
    r"|--find-links\b"
    r"|\bPIP_(?:EXTRA_)?INDEX_URL\b"
    r"|\b(?:artifactory|jfrog|devpi)\b"
)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.split("\0") if name and (ROOT / name).is_file()]


def size_of(files: list[Path], folder: str) -> int:
    return sum(path.stat().st_size for path in files if path.is_relative_to(ROOT / folder))


def test_no_module_is_long():
    long = {
        str(path.relative_to(ROOT)): lines
        for path in tracked()
        if path.suffix == ".py" and (lines := len(path.read_text("utf-8").splitlines())) > 400
    }
    assert long == {}


def test_nothing_of_the_machine_it_was_made_on():
    here = Path(__file__).resolve()
    found = []
    for path in tracked():
        if path == here:
            continue
        try:
            text = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
        found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in MACHINE.finditer(text)]
    assert found == []


def test_the_machine_pattern_knows_what_to_look_for():
    assert MACHINE.search("open('/work/main/x')") and MACHINE.search("/home/ada/clips")
    assert MACHINE.search("--extra-index-url https://x") and not MACHINE.search("frameworks/work/x")


def test_samples_and_training_data_are_small():
    files = tracked()
    assert size_of(files, "samples") <= 15 * MEGABYTE
    assert size_of(files, "models/data") <= 10 * MEGABYTE


def locked(name: str) -> dict[str, str]:
    """Package -> version, from a lock file."""
    return dict(re.findall(r"^([\w.-]+)==([^\s;]+)", (ROOT / name).read_text("utf-8"), re.MULTILINE))


def test_the_locks_agree_and_leave_out_what_is_not_used():
    run, develop = locked("requirements.lock"), locked("requirements-dev.lock")
    assert run["mediapipe"] == "0.10.21"
    assert run.items() <= develop.items()
    assert not develop.keys() & {"jax", "jaxlib", "sentencepiece", "sounddevice", "opencv-python"}


@pytest.mark.parametrize("name", ["requirements.lock", "requirements-dev.lock"])
def test_every_locked_package_has_hashes(name):
    entries = re.split(r"^(?=[\w.-]+==)", (ROOT / name).read_text("utf-8"), flags=re.MULTILINE)[1:]
    assert len(entries) == len(locked(name)) > 50
    assert all("--hash=sha256:" in entry for entry in entries)


def test_what_pyproject_asks_for_is_in_the_lock():
    from scoring.doctor import runtime_requirements

    run = locked("requirements.lock")
    for requirement in runtime_requirements():
        assert run[requirement.name] in requirement.specifier
