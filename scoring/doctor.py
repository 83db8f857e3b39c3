"""`attune doctor`: is everything there that Attune needs, and what to do where it isn't."""

from __future__ import annotations

import importlib
import importlib.metadata
import json
import platform
import re
import sys
import tempfile
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from attune import AttuneError, __version__
from scoring.files import LEAST_FREE_BYTES, free_bytes
from scoring.resources import user_library

ROOT = Path(__file__).resolve().parent.parent
# Where the module isn't called like its package.
MODULE_OF = {"opencv-contrib-python": "cv2", "pympi-ling": "pympi"}
# Each writes the same cv2 folder as opencv-contrib-python; whichever came last is what runs.
OTHER_OPENCVS = ("opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
DEBIAN_PACKAGE_OF = (("libGL", "libgl1"), ("libgthread", "libglib2.0-0"), ("libglib", "libglib2.0-0"))
LOOKED_AT_APART = ("weasyprint",)  # it can't be imported without Pango, which only PDFs need: see check_pango
CAMERA_LISTS = {"Linux": "v4l2", "Darwin": "avfoundation", "Windows": "dshow"}


@dataclass(frozen=True)
class Check:
    """One thing looked at.

    Attributes
    ----------
    name : str
    ok : bool
        Whether Attune can work with what was found.
    found : str
        What was found, in words.
    advice : str
        What to do; empty where nothing is.
    """

    name: str
    ok: bool
    found: str
    advice: str = ""

    def __post_init__(self):
        if not self.ok and not self.advice:
            raise ValueError(f"check '{self.name}' fails without saying what to do")


def examine() -> list[Check]:
    """Look at everything, in the order in which one would mend it."""
    return [
        check_python(sys.version_info[:3]),
        check_platform(platform.system(), platform.machine(), platform.libc_ver()),
        *(check_requirement(requirement) for requirement in runtime_requirements()),
        check_opencv(installed_names()),
        *check_models(),
        check_encoder(),
        check_pango(),
        check_cameras(),
        check_folder(user_library()),
        check_space(user_library()),
    ]


def check_python(version: tuple[int, ...]) -> Check:
    """Python 3.11 or 3.12: mediapipe 0.10.21 has no wheel for later ones."""
    found = ".".join(map(str, version))
    if (3, 11) <= tuple(version[:2]) <= (3, 12):
        return Check("Python", True, found)
    return Check("Python", False, found, "use Python 3.11 or 3.12: MediaPipe 0.10.21 has no build for others")


def check_platform(system: str, machine: str, libc: tuple[str, str] = ("glibc", "2.28")) -> Check:
    """Is there a build of MediaPipe 0.10.21 for this kind of machine?

    There is one for Linux x86-64 with glibc 2.28 or later, for macOS on both processors and for
    Windows x86-64 (the files of that release on PyPI).
    """
    found = f"{system} {machine}"
    machine = machine.lower()
    advice = ""
    if system == "Linux" and machine in ("aarch64", "arm64", "armv7l"):
        advice = "use a computer with an x86-64 processor: MediaPipe 0.10.21 has no build for Linux on ARM"
    elif system == "Windows" and machine not in ("amd64", "x86_64"):
        advice = "use the x86-64 build of Python: MediaPipe 0.10.21 has none for Windows on ARM"
    elif system == "Linux" and libc[0] != "glibc":
        advice = "use a Linux with glibc (Debian, Ubuntu, Fedora): MediaPipe 0.10.21 has no build for others"
    elif system not in CAMERA_LISTS:
        advice = "use Linux, macOS or Windows: MediaPipe 0.10.21 has no build for this system"
    return Check("platform", not advice, found, advice)


def runtime_requirements() -> list:
    """What Attune needs to run, as `packaging.requirements.Requirement`, from its own metadata."""
    from packaging.requirements import Requirement

    try:
        lines = importlib.metadata.requires("attune") or []
    except importlib.metadata.PackageNotFoundError:  # a checkout that is run without being installed
        lines = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    requirements = [Requirement(line) for line in lines]
    return [one for one in requirements if one.marker is None or one.marker.evaluate({"extra": ""})]


def check_requirement(requirement) -> Check:
    """Installed, of a version that fits, and importable."""
    name = requirement.name
    install = f"install it: pip install '{requirement.name}{requirement.specifier}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Check(name, False, "not installed", install)
    if version not in requirement.specifier:
        return Check(name, False, f"{version}, but {requirement.specifier} is needed", install)
    if name in LOOKED_AT_APART:
        return Check(name, True, version)
    try:
        importlib.import_module(MODULE_OF.get(name, name.replace("-", "_")))
    except Exception as error:  # a broken package may raise anything
        return Check(name, False, f"{version}, but it can't be imported ({error})", import_advice(str(error)))
    return Check(name, True, version)


def import_advice(message: str) -> str:
    """What to do about a failed import: a missing system library has its Debian package."""
    missing = re.search(r"(lib[\w.+-]+?\.so[.\d]*)", message)
    for library, package in DEBIAN_PACKAGE_OF:
        if missing and missing[1].startswith(library):
            return f"{missing[1]} is missing: apt install {package} (Debian, Ubuntu)"
    if missing and "cannot open shared object" in message:
        return f"{missing[1]} is missing: install the system package that holds it"
    return "install it again: pip install --force-reinstall --no-deps, with the version above"


def installed_names() -> set[str]:
    """Names of all installed distributions, in lower case with hyphens."""
    names = (found.metadata["Name"] for found in importlib.metadata.distributions())
    return {name.lower().replace("_", "-") for name in names if name}


def check_opencv(installed: set[str]) -> Check:
    """OpenCV once only: its wheels overwrite each other's files."""
    others = [name for name in OTHER_OPENCVS if name in installed]
    if not others:
        return Check("one OpenCV", True, "opencv-contrib-python alone")
    advice = f"pip uninstall {' '.join(others)}; pip install --force-reinstall opencv-contrib-python==4.11.*"
    return Check("one OpenCV", False, f"beside it {', '.join(others)}, which overwrites it", advice)


def check_models(folder: Path = ROOT / "models") -> Iterator[Check]:
    """Every model that has a card loads, and is the file that its card describes."""
    names = sorted(card.parent.name for card in folder.glob("*/card.toml"))
    if not names:
        yield Check("models", False, "none found", "install Attune again: its model files are missing")
    for name in names:
        try:
            from models.classifier import load

            load(name)
        except (AttuneError, ImportError) as error:
            yield Check(f"model {name}", False, str(error), "install Attune again, or run: make train")
        else:
            yield Check(f"model {name}", True, "matches its card")


def check_encoder() -> Check:
    """H.264, in which sessions keep their video."""
    try:
        import av

        av.Codec("libx264", "w")
    except (ImportError, ValueError) as error:
        advice = "install PyAV from its wheel: pip install --force-reinstall --no-deps 'av==18.1.*'"
        return Check("H.264 encoder", False, f"not there ({error})", advice)
    return Check("H.264 encoder", True, "libx264")


def check_pango() -> Check:
    """What PDF reports are set with; everything else works without it."""
    from scoring.report_pdf import install_advice, load_weasyprint

    try:
        load_weasyprint()
    except AttuneError:
        return Check("PDF reports", True, "not possible without Pango; all else works", install_advice())
    return Check("PDF reports", True, "Pango")


def check_cameras(list_devices: Callable[[str], list] | None = None) -> Check:
    """Cameras by name, without opening (and so lighting) any; having none is no fault."""
    try:
        from av.device import enumerate_input_devices

        devices = (list_devices or enumerate_input_devices)(CAMERA_LISTS[platform.system()])
    except (ImportError, KeyError, OSError, ValueError):
        return Check("camera", True, "could not be listed here; attune record tries camera 0")
    # avfoundation and dshow list microphones too; where a device says what it is, keep the cameras.
    names = [
        device.description or device.name
        for device in devices
        if not getattr(device, "media_types", None) or "video" in device.media_types
    ]
    return Check("camera", True, ", ".join(names) or "none found (only attune record needs one)")


def check_folder(folder: Path) -> Check:
    """Can sessions be written where they go by default?"""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        found = f"{folder} can't be written ({error.strerror})"
        return Check("sessions folder", False, found, "make it writable, or name another with --out DIR")
    return Check("sessions folder", True, str(folder))


def check_space(folder: Path) -> Check:
    """Room for an hour or two of recording."""
    try:
        free = free_bytes(folder)
    except OSError as error:
        return Check("disk space", False, f"unknown ({error.strerror})", "name another folder with --out DIR")
    found = f"{free / 1024**3:.1f} GB free"
    if free < LEAST_FREE_BYTES:
        return Check("disk space", False, found, "free 2 GB or more, or name another folder with --out DIR")
    return Check("disk space", True, found)


def print_checks(checks: list[Check]) -> None:
    """A plain table on stdout; a mark and a word for each, so that neither colour nor glyph is needed."""
    good, bad = ("✓", "✗") if _prints("✓✗") else ("+", "x")
    width = max(len(check.name) for check in checks)
    print(f"attune {__version__}")
    for check in checks:
        mark = f"{good} ok     " if check.ok else f"{bad} problem"
        print(f"{mark}  {check.name:<{width}}  {check.found}")
        if check.advice:
            print(f"{'':9}  {'':<{width}}  -> {check.advice}")
    wrong = sum(not check.ok for check in checks)
    print("All is there." if not wrong else f"{wrong} of {len(checks)} need attention.", flush=True)


def print_json(checks: list[Check]) -> None:
    """The same as one JSON object, on one line of stdout."""
    print(json.dumps({"ok": all(check.ok for check in checks), "checks": list(map(asdict, checks))}))


def _prints(text: str) -> bool:
    try:
        text.encode(sys.stdout.encoding or "ascii")
    except UnicodeEncodeError:
        return False
    return True
