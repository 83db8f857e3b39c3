"""`attune record`: from a camera to a session, losing nothing that was recorded on the way.

Whatever happens before the session is written, Ctrl-C, a crash or a full disk, `recover` takes up the
recording from `scoring.unfinished`.
"""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

from attune import AttuneError, InputError, OutputError, UsageError
from scoring.consent import agreement
from scoring.cue import Cue
from scoring.files import LEAST_FREE_BYTES, free_bytes, room
from scoring.finishing import already, become_session, from_video, playable
from scoring.library import now
from scoring.measures import Measures
from scoring.options import Options
from scoring.prepare import BACK, GONE, LOOK, prepare
from scoring.preview import Display, display, measures_text
from scoring.profile import Profile
from scoring.recorder import Recorder, SoundSource, Taken
from scoring.session import LANDMARKS
from scoring.terminal import Progress, clock, say
from scoring.unexpected import explained
from scoring.unfinished import held, new_folder, new_video, pictured, unfinished
from vision.camera import Camera, open_camera
from vision.target import Target

CALIBRATION_S = 3
_PER_MINUTE = 60_000_000  # bytes: a lively picture, and its copy while finishing


def record(
    camera: int | str,
    out: Path,
    *,
    max_minutes: float = 60.0,
    consent: str | None = None,
    audio: bool = True,
    microphone: str | None = None,
    countdown_s: int = 3,
    calibrate: bool = False,
    check: bool = True,
    cue: bool = True,
    window: bool = True,
    target: str = "lens",
    profile: str = "default",
    title: str | None = None,
) -> Any:
    """Record until Ctrl-C, the end of a file or `max_minutes`, with live measures; then store a session.

    Parameters
    ----------
    camera : int or str
        As `vision.camera.open_camera` takes it.
    out : Path
        The library.
    consent : str, optional
        The words with which the recorded person agreed; asked for on the terminal when missing.
    audio : bool
        Record sound, where there is a microphone (or a file's sound track).
    microphone : str, optional
        The system's name of one.
    calibrate : bool
        The person looks at the client for the first three seconds: the target of eye contact.
    check, cue, window : bool
        Help with the position first; remind of a long look away; show a window where there is a screen.

    Returns
    -------
    scoring.score_table.AnalysisResult

    Raises
    ------
    InputError
        When the camera can't be opened, the person doesn't agree, or nothing was recorded.
    UsageError
        When nobody can be asked to agree, or the options don't go together.
    OutputError
        When the recording can't be written.
    """
    options = _options(target, profile, calibrate)
    bands = Profile.load(profile)
    with room(out), open_camera(camera) as source, contextlib.ExitStack() as stack:
        check_disk(out, max_minutes)
        note = {"consent": agreement(consent), "started": now(), "camera": source.name,
                "options": {**options, "title": title}}  # fmt: skip
        sound = sound_of(source, microphone) if audio else None
        if sound is not None:
            stack.callback(sound.close)
        folder = stack.enter_context(new_folder(out, note))
        video = folder / new_video()
        with display(window) as screen:
            measures = Measures(folder / LANDMARKS, bands, Target.parse(options["target"]))
            stack.callback(measures.close)
            prepare(source, screen, check, countdown_s, calibrate)
            recorder = Recorder(source, video, measures, sound, max_minutes * 60)
            reminder = Cue(bands.bands["longest_gaze_away_s"].high) if cue else None
            _run(recorder, screen, reminder, calibrate)
        taken = _taken(recorder)
        source.close()
        with Progress(video.name) as progress:
            return become_session(folder, video, out, taken, progress)


def recover(out: Path, analyze: Callable[..., Any] | None = None) -> list[Any]:
    """Finish and analyse recordings that were cut short; those still under way are left alone.

    Parameters
    ----------
    analyze : callable, optional
        `scoring.analyze.analyze_video` by default.

    Returns
    -------
    list
        What `analyze` gave for each. One that fails is named on stderr and kept.
    """
    results = []
    for folder in unfinished(out):
        with held(folder) as free:
            if not free:
                say(f"{folder} is still being recorded or analysed: left alone")
                continue
            video = pictured(folder)
            if video is None:
                say(f"{folder} ended before the first picture and was removed")
                shutil.rmtree(folder, ignore_errors=True)
                continue
            try:
                if session := already(folder, out):
                    say(f"{folder} has become {session} already and was removed")
                    continue
                with Progress(video.name) as progress:
                    results.append(from_video(folder, playable(video), out, progress, analyze))
            except AttuneError as error:
                say(f"{error}; the recording stays in {folder}")
            except Exception as error:  # the others are finished all the same
                say(f"{explained(error)}; the recording stays in {folder}")
    return results


def _options(target: str, profile: str, calibrate: bool) -> dict[str, Any]:
    if calibrate and target != "lens":
        raise UsageError("--calibrate finds the target itself: leave out --target")
    if calibrate:
        target = f"calibrated:0-{CALIBRATION_S}"
    if Target.parse(target).kind == "partner":
        raise UsageError("--target partner needs two people: record measures one, so use lens or --calibrate")
    return {"target": Options(target=target).target, "profile": profile, "people": "1"}


def check_disk(library: Path, max_minutes: float) -> None:
    """Raise an `OutputError` when the disk has too little room."""
    needed, free = max(LEAST_FREE_BYTES, max_minutes * _PER_MINUTE), free_bytes(library)
    if free < needed:
        fewer = " or fewer --max-minutes" if free >= LEAST_FREE_BYTES else ""
        raise OutputError(
            f"{library} has {free / 1e9:.1f} GB free and recording up to {max_minutes:g} minutes may need "
            f"{needed / 1e9:.1f} GB: free some space, or choose another folder (--out){fewer}"
        )


def sound_of(source: Camera, microphone: str | None, tell: Callable[[str], None] = say) -> SoundSource | None:
    """The microphone, or what stands in for it; None where there is none, and `tell` is told."""
    from vision.microphone import FileSound, Microphone

    if not source.live:
        path = source.sound_file
        return None if path is None else FileSound(path)
    try:
        return Microphone(microphone)
    except InputError as error:
        tell(f"{error}; the recording goes on without sound")
        return None


def _run(recorder: Recorder, screen: Display, cue: Cue | None, calibrate: bool) -> None:
    """Record until something ends it."""
    try:
        say(f"Recording. {screen.ends}")
        recorder.start()
        _watch(recorder, screen, cue, calibrate)
    except KeyboardInterrupt:
        pass  # That is how a recording is ended.
    except BaseException:
        recorder.finish()  # Whatever is wrong with the display, the recording is kept.
        raise


def _taken(recorder: Recorder) -> Taken:
    """Finish what was recorded, and say what that is."""
    try:
        taken = recorder.finish().not_empty()
    except OutputError as error:
        raise OutputError(f"the recording ended here: {error}; free some space, then finish it") from None
    skipped = f", {taken.pace.skipped} of them not measured" if taken.pace.skipped else ""
    pictures = "1 picture" if taken.frames == 1 else f"{taken.frames} pictures"
    say(f"Recorded {clock(taken.time_s)} ({pictures}{skipped}).")
    return taken


def _watch(recorder: Recorder, screen: Display, cue: Cue | None, calibrate: bool) -> None:
    """Show how it goes, in the main thread: windows want that."""
    reminder, before, gone = None, None, False
    while recorder.running:
        live = recorder.measures.latest[0] if recorder.measures.latest is not None else None
        if live is not before and live is not None and cue is not None:
            reminder = cue.push(live)
        before, time_s = live, recorder.elapsed_s()
        lines = measures_text(time_s, live)
        if recorder.waiting:  # what was measured last holds no longer
            lines[1:] = [GONE]
        elif calibrate and time_s < CALIBRATION_S:
            lines.insert(1, LOOK)
        elif reminder is not None:
            lines.insert(1, reminder)
        if recorder.waiting != gone:
            gone = recorder.waiting
            say(f"{clock(time_s)}: {GONE if gone else BACK}")
        frame = recorder.newest
        if not screen.show(None if frame is None else frame.rgb, lines, recording=True):
            return
        recorder.wait(screen.period_s)
