"""The doctor's checks, each on a case whose answer is known."""

import json
import sys
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from scoring import doctor


@pytest.mark.parametrize(
    ("version", "ok"),
    [((3, 10, 14), False), ((3, 11, 0), True), ((3, 12, 9), True), ((3, 13, 0), False), ((4, 11, 0), False)],
)
def test_python_versions(version, ok):
    assert doctor.check_python(version).ok is ok


@pytest.mark.parametrize(
    ("system", "machine", "libc", "advice"),
    [
        ("Linux", "x86_64", ("glibc", "2.36"), ""),
        ("Darwin", "arm64", ("", ""), ""),
        ("Windows", "AMD64", ("", ""), ""),
        ("Linux", "aarch64", ("glibc", "2.36"), "Linux on ARM"),
        ("Linux", "x86_64", ("", ""), "glibc"),
        ("Windows", "ARM64", ("", ""), "Windows on ARM"),
        ("FreeBSD", "amd64", ("", ""), "use Linux, macOS or Windows"),
    ],
)
def test_platforms(system, machine, libc, advice):
    check = doctor.check_platform(system, machine, libc)
    assert check.ok is (advice == "")
    assert advice in check.advice


def test_the_pins_hold_here():
    """This environment is made from the lock, so every requirement of pyproject.toml is met in it."""
    requirements = doctor.runtime_requirements()
    assert {"mediapipe", "numpy", "av", "streamlit"} <= {one.name for one in requirements}
    wrong = [check for check in map(doctor.check_requirement, requirements) if not check.ok]
    assert not wrong


def test_a_wrong_version_and_a_missing_package_are_told():
    old = doctor.check_requirement(Requirement("numpy<1"))
    assert not old.ok and "<1 is needed" in old.found and "pip install 'numpy<1'" in old.advice
    absent = doctor.check_requirement(Requirement("no-such-package-anywhere"))
    assert not absent.ok and absent.found == "not installed"


def test_a_missing_system_library_is_named_with_its_package():
    error = "libGL.so.1: cannot open shared object file: No such file or directory"
    assert doctor.import_advice(error) == "libGL.so.1 is missing: apt install libgl1 (Debian, Ubuntu)"
    assert "apt install libglib2.0-0" in doctor.import_advice("libgthread-2.0.so.0: cannot open")
    assert "libfoo.so.3 is missing" in doctor.import_advice("libfoo.so.3: cannot open shared object file")
    assert "install it again" in doctor.import_advice("No module named 'numpy.core'")


def test_a_second_opencv_is_told():
    assert doctor.check_opencv({"numpy", "opencv-contrib-python"}).ok
    check = doctor.check_opencv({"opencv-contrib-python", "opencv-python"})
    assert not check.ok and "pip uninstall opencv-python;" in check.advice


def test_models_missing_or_not_those_of_their_cards(tmp_path):
    (nothing,) = doctor.check_models(tmp_path)
    assert not nothing.ok
    (tmp_path / "nosuchmodel").mkdir()
    (tmp_path / "nosuchmodel" / "card.toml").write_text('sha256 = "00"\n')
    (wrong,) = doctor.check_models(tmp_path)
    assert not wrong.ok and wrong.name == "model nosuchmodel"


def test_cameras_are_named_and_microphones_left_out():
    devices = [
        SimpleNamespace(name="0", description="Desk camera", media_types=["video"]),
        SimpleNamespace(name="1", description="Microphone", media_types=["audio"]),
        SimpleNamespace(name="/dev/video2", description="", media_types=[]),
    ]
    assert doctor.check_cameras(lambda _: devices).found == "Desk camera, /dev/video2"
    none = doctor.check_cameras(lambda _: [])
    assert none.ok and "none found" in none.found


def test_a_folder_that_cannot_be_written(tmp_path):
    in_the_way = tmp_path / "file"
    in_the_way.write_text("")
    check = doctor.check_folder(in_the_way / "sessions")
    assert not check.ok and "--out" in check.advice
    assert doctor.check_folder(tmp_path / "new" / "sessions").ok


def test_space_is_read_where_the_folder_will_be(tmp_path):
    assert "GB free" in doctor.check_space(tmp_path / "not" / "yet").found


def test_a_failing_check_must_say_what_to_do():
    with pytest.raises(ValueError, match="without saying what to do"):
        doctor.Check("x", False, "broken")


def test_the_table_works_without_unicode(capsys, monkeypatch):
    checks = [doctor.Check("one", True, "here"), doctor.Check("two", False, "gone", "fetch it")]
    doctor.print_checks(checks)
    shown = capsys.readouterr().out
    assert "✗ problem  two  gone" in shown and "-> fetch it" in shown and "1 of 2" in shown
    monkeypatch.setattr(doctor, "_prints", lambda _: False)
    doctor.print_checks(checks)
    capsys.readouterr().out.encode("ascii")


@pytest.mark.slow
def test_doctor_as_json_is_one_object(run_attune):
    done = run_attune("doctor", "--json")
    report = json.loads(done.stdout)
    assert done.stdout.count("\n") == 1
    assert report["ok"] is all(check["ok"] for check in report["checks"]) is (done.returncode == 0)
    python = next(check for check in report["checks"] if check["name"] == "Python")
    assert python["found"] == ".".join(map(str, sys.version_info[:3]))
