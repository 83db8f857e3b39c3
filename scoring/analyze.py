"""The whole way, from a recording to a session: the composition root that every command uses."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from attune import InputError, UsageError, __version__
from models import classifier
from scoring.judge import Judgement, judge
from scoring.landmark_store import LandmarkWriter
from scoring.probabilities import add_probabilities
from scoring.profile import Profile
from scoring.score_table import AnalysisResult
from scoring.session import LANDMARKS, VIDEO, SessionWriter, session_id
from vision.extract import Extractor
from vision.landmarks import MEDIAPIPE_VERSION
from vision.measure import measure, to_signals
from vision.people import check_person
from vision.signals import Signals
from vision.source import SourceInfo, VideoFile
from vision.target import Target, direction_deg
from vision.writer import keep_video as store_video

MAX_SIDE = 1280  # Pictures are scaled down to this for the models; coordinates stay source pixels.
_POSE_HZ = (1.0, 30.0)

Progress = Callable[..., None]


@dataclass(frozen=True)
class Options:
    """How a recording is analysed; all of it is part of the session's id.

    Attributes
    ----------
    target, profile, person : str
        As on the command line.
    causal : bool
        Use only what came before each frame.
    pose_hz : float
        How often a second the body is looked at, 1 to 30.
    """

    target: str = "lens"
    profile: str = "default"
    person: str = "largest"
    causal: bool = False
    pose_hz: float = 10.0

    def __post_init__(self) -> None:
        Target.parse(self.target)
        check_person(self.person)
        if not _POSE_HZ[0] <= self.pose_hz <= _POSE_HZ[1]:
            raise UsageError(f"--pose-hz {self.pose_hz:g} is out of range: use 1 to 30")


@dataclass(frozen=True)
class Analysed:
    """A recording that was analysed but not stored.

    Attributes
    ----------
    info : SourceInfo
    signals : Signals
    judgement : Judgement
    notices : tuple of str
        One sentence each, for the person who asked.
    loss : str or None
        What could not be decoded.
    frames : int
    end_s : float
        Time of the last picture's end.
    """

    info: SourceInfo
    signals: Signals
    judgement: Judgement
    notices: tuple[str, ...]
    loss: str | None
    frames: int
    end_s: float


def analyze_recording(
    video: Path,
    options: Options | None = None,
    progress: Progress | None = None,
    landmarks: Path | None = None,
) -> Analysed:
    """Analyse a recording of one person, storing nothing but (where asked) the landmarks.

    Raises
    ------
    InputError
        When it can't be read.
    """
    options = options or Options()
    profile = Profile.load(options.profile)
    target = Target.parse(options.target)
    classifier.hashes()  # A model that is missing is noticed before the pictures are read.
    source = VideoFile(video, MAX_SIDE)
    with _naming(video):
        target.check_within(source.info.duration_s or np.inf)
    with source, Extractor(options.person, options.pose_hz) as extractor, contextlib.ExitStack() as stack:
        store = None
        if landmarks is not None:
            info = source.info
            store = stack.enter_context(LandmarkWriter(landmarks, info.width, info.height)).add
        seen = _shown(extractor.run(source), progress, source.info.duration_s)
        measured = measure(seen, source.info.width, source.info.height, store)
    with _naming(video):
        signals = to_signals(measured, target, options.causal)
        yaw, pitch = _direction(signals, target)
    known_s = target.end_s if options.causal else 0.0
    signals = add_probabilities(signals, yaw, pitch, options.causal, known_s)
    judgement = judge(signals, profile, target_yaw_deg=yaw)
    notices = _notices(extractor.faces_seen, options.person, source.loss)
    return Analysed(source.info, signals, judgement, notices, source.loss, source.frames_read, source.end_s)


def analyze_video(
    video: Path,
    library: Path,
    *,
    target: str = "lens",
    profile: str = "default",
    person: str = "largest",
    keep_video: bool = True,
    causal: bool = False,
    pose_hz: float = 10.0,
    title: str | None = None,
    consent: str | Mapping[str, Any] | None = None,
    created: str | None = None,
    progress: Progress | None = None,
) -> AnalysisResult:
    """Analyse a recording and store it as a session.

    Parameters
    ----------
    video, library : Path
        The recording, and the folder in which the session's folder is made.
    target, profile, person, causal, pose_hz
        See `Options`.
    keep_video : bool
        Keep a browser-playable copy.
    title : str, optional
        Instead of the file's stem.
    consent : str or mapping, optional
        The recorded person's words, or {text, by, at}.
    created : str, optional
        ISO time of the recording; now when not given.
    progress : callable, optional
        Called with frames, time_s, duration_s.

    Raises
    ------
    AttuneError
        Nothing is left behind then.
    """
    started = time.monotonic()
    options = Options(target, profile, person, causal, pose_hz)
    sha256 = VideoFile(video).info.sha256
    parameters = _parameters(options, keep_video)
    with SessionWriter(library, session_id(Path(video).name, sha256, parameters)) as writer:
        found = analyze_recording(video, options, progress, writer.folder / LANDMARKS)
        analysed_s = time.monotonic() - started
        if keep_video:
            store_video(video, writer.folder / VIDEO, found.loss is None)
        info = _session_info(Path(video), found, options, parameters, title, consent)
        info["timings"] = {
            "analysis_s": round(analysed_s, 3),
            "frames_per_s": round(found.frames / analysed_s, 2),
        }
        if created is not None:
            info["created"] = created
        session = writer.commit(info, found.signals, found.judgement)
    judged = found.judgement
    return AnalysisResult(session.path, judged.events, judged.scores, judged.feedback, found.notices)


def _shown(seen, progress: Progress | None, duration_s: float | None):
    for count, one in enumerate(seen, start=1):
        if progress is not None and count % 10 == 0:
            progress(count, one.time_s, duration_s)
        yield one


def _direction(signals: Signals, target: Target) -> tuple[float, float]:
    table = signals.table
    return direction_deg(
        target, *(table[name].to_numpy() for name in ("time_s", "gaze_yaw_deg", "gaze_pitch_deg"))
    )


@contextlib.contextmanager
def _naming(video: Path) -> Iterator[None]:
    """Put the file's name before what is wrong with it."""
    try:
        yield
    except InputError as error:
        raise InputError(f"{video}: {error}") from None


def _notices(faces_seen: int, person: str, loss: str | None) -> tuple[str, ...]:
    notices = []
    if person.isdecimal() and int(person) > faces_seen:
        seen = f"at most {faces_seen} at once" if faces_seen else "none"
        notices.append(f"person {person} was never in the picture: of faces, {seen} could be seen")
    elif faces_seen > 1:
        which = {"largest": "the largest", "left": "the leftmost", "right": "the rightmost"}
        chosen = which.get(person, f"number {person} from the left")
        notices.append(
            f"{faces_seen} faces were seen at once; {chosen} was measured (--person chooses another)"
        )
    if loss:
        notices.append(loss)
    return tuple(notices)


def _parameters(options: Options, kept: bool) -> dict[str, Any]:
    return {
        "target": options.target, "profile": options.profile, "person": options.person,
        "causal": options.causal, "pose_hz": options.pose_hz, "max_side": MAX_SIDE, "video": kept,
    }  # fmt: skip


def _session_info(
    video: Path, found: Analysed, options: Options, parameters: dict, title: str | None, consent: Any
) -> dict[str, Any]:
    source = found.info
    if isinstance(consent, str):
        consent = {"text": consent, "by": None, "at": None}
    return {
        "title": title or video.stem,
        "roles": {"staff": {"person": options.person}},
        "consent": consent,
        "source": {
            "name": video.name, "sha256": source.sha256, "duration_s": round(float(found.end_s), 6),
            "width": source.width, "height": source.height,
            "nominal_fps": round(float(source.nominal_fps), 4), "frames": found.frames, "loss": found.loss,
        },
        "target": options.target,
        "profile": options.profile,
        "versions": {
            "attune": __version__, "mediapipe": MEDIAPIPE_VERSION, "numpy": np.__version__,
            "models": classifier.hashes(),
        },
        "parameters": parameters,
        "notices": list(found.notices),
    }  # fmt: skip
