"""What all tests share: their own user folders, the command line, and Chromium where there is one."""

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import hypothesis
import pytest

# what the tests share asserts, too, and says as much of what it found
for name in ("cluster", "runs", "dashboard"):
    pytest.register_assert_rewrite(f"tests.{name}")

ROOT = Path(__file__).resolve().parent.parent
MAIN = sys.modules["__main__"]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")

# How long an example takes says something of the machine, and nothing of what is tested.
hypothesis.settings.register_profile(
    "untimed", deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("untimed")

# A shell starts background jobs with Ctrl-C ignored, and their children inherit it: tests that send it to a
# process of their own need it heard again.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


def _chromium() -> str | None:
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def pytest_runtest_setup(item):
    if item.get_closest_marker("browser") and _chromium() is None:
        reason = "no Chromium on the path (Debian, Ubuntu: apt install chromium)"
        if os.environ.get("CI"):
            pytest.fail(reason, pytrace=False)
        pytest.skip(reason)


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of Chromium; for tests marked `browser`."""
    path = _chromium()
    assert path is not None, "mark the test browser: pytest.mark.browser skips where there is no Chromium"
    return path


@pytest.fixture(autouse=True)
def own_user_folders(tmp_path_factory, monkeypatch) -> Path:
    """No test sees or touches the real user's sessions and logs; the folder that stands in for them."""
    home = tmp_path_factory.mktemp("user")
    for variable in ("XDG_DATA_HOME", "XDG_STATE_HOME"):
        monkeypatch.setenv(variable, str(home))
    return home


@pytest.fixture(autouse=True)
def own_main(monkeypatch) -> None:
    """Streamlit's AppTest leaves its page as __main__, and spawned processes would run that."""
    monkeypatch.setitem(sys.modules, "__main__", MAIN)


@pytest.fixture
def run_attune(tmp_path):
    """Runs `attune` with these arguments in an empty folder; gives the completed process."""

    def run(*arguments, **options) -> subprocess.CompletedProcess:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), **options.pop("env", {})}
        return subprocess.run(
            [sys.executable, "-m", "attune", *map(os.fspath, arguments)],
            **{"cwd": tmp_path, "capture_output": True, "text": True, **options},
            env=environment,
        )

    return run
