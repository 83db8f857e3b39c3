"""From a stream of pictures to what was measured: decode, face and body overlap, memory stays flat."""

from __future__ import annotations

import contextlib
import queue
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from vision.follow import BodyFollower, FaceFollower
from vision.pair import PairFollower
from vision.source import Frame

_AHEAD = 8  # Pictures under way at once: enough for one body measurement beside the faces.


@dataclass(frozen=True)
class Seen:
    """The landmarks of one person in one picture.

    Attributes
    ----------
    index : int
    time_s : float
    face : ndarray, shape (len(topology.FACE), 3), float32
        Source pixels; NaN where no face was found.
    body : ndarray, shape (33, 4), float32, or None
        x, y, z in source pixels and visibility; NaN where no body was found; None in pictures in
        which the body was not looked at.
    world : ndarray, shape (33, 3), float32, or None
        Metres.
    cut : bool
        Nothing carries over from the picture before.
    """

    index: int
    time_s: float
    face: np.ndarray
    body: np.ndarray | None
    world: np.ndarray | None
    cut: bool


class Extractor:
    """Landmarks of one person, or of two, from a stream of pictures.

    The body of a picture is looked at only after its face, and a lost face waits for the last body
    looked at, so that the result doesn't depend on how the threads are scheduled.

    Parameters
    ----------
    person : str
        Whom to follow where there are several (`vision.people.choose`); for one person only.
    pose_hz, mirror_hz : float
        How often the body, and the face's mirror image, are measured.
    people : int
        1 or 2.
    staff : str
        Which of two is the staff member (`vision.people.choose_pair`).
    """

    def __init__(
        self, person: str = "largest", pose_hz: float = 10.0, mirror_hz: float = 15.0, people: int = 1,
        staff: str = "left",
    ):  # fmt: skip
        self._pose_hz = pose_hz
        self._faces: FaceFollower | PairFollower = (
            PairFollower(staff, mirror_hz) if people == 2 else FaceFollower(person, mirror_hz, self._head)
        )
        self._bodies = [BodyFollower() for _ in range(people)]
        self._face_pool = ThreadPoolExecutor(1, thread_name_prefix="face")
        self._body_pool = ThreadPoolExecutor(1, thread_name_prefix="body")
        self._last_body: Future | None = None
        self._next_body_s = -np.inf
        self._reader: _ReadAhead | None = None

    @property
    def faces_seen(self) -> int:
        """The largest number of faces seen at once."""
        return self._faces.faces_seen

    @property
    def swapped(self) -> bool:
        """Of two people, the second one of `run_all` is the staff member."""
        return isinstance(self._faces, PairFollower) and self._faces.swapped

    @property
    def since_s(self) -> list[float]:
        """From when on each of `run_all` is who it is now; before, it was somebody who passed by."""
        return self._faces.since_s if isinstance(self._faces, PairFollower) else [-np.inf]

    def __enter__(self) -> Extractor:
        return self

    def __exit__(self, *_: object) -> None:
        if self._reader is not None:
            self._reader.close()
        self._face_pool.shutdown(cancel_futures=True)
        self._body_pool.shutdown(cancel_futures=True)
        for one in (self._faces, *self._bodies):
            one.close()

    def run(self, frames: Iterable[Frame]) -> Iterator[Seen]:
        """Yield what is seen of the first person in each picture, as `run_all` does of everybody."""
        return (people[0] for people in self.run_all(frames))

    def run_all(self, frames: Iterable[Frame]) -> Iterator[tuple[Seen, ...]]:
        """Yield what is seen of each person in each picture, in order; read one thread ahead."""
        pending: deque[tuple[int, float, bool, Future]] = deque()
        self._reader = _ReadAhead(frames)
        with contextlib.closing(self._reader):
            for frame in self._reader:
                future = self._face_pool.submit(self._look, frame, self._body_due(frame))
                pending.append((frame.index, frame.time_s, frame.cut, future))
                while len(pending) > _AHEAD or (pending and _ready(pending[0][3])):
                    yield _finished(*pending.popleft())
            while pending:
                yield _finished(*pending.popleft())

    def see(self, frame: Frame) -> Seen:
        """What is seen of the first person in the next picture, at once; the same as `run` gives."""
        scale, people = self._look(frame, self._body_due(frame))
        return _seen(frame.index, frame.time_s, frame.cut, scale, *people[0])

    def _body_due(self, frame: Frame) -> bool:
        step = 1 / self._pose_hz
        if frame.cut or frame.time_s - self._next_body_s > step:
            self._next_body_s = frame.time_s
        if frame.time_s < self._next_body_s - 1e-3:
            return False
        self._next_body_s += step
        return True

    def _look(self, frame: Frame, body_due: bool) -> tuple[float, list[tuple[np.ndarray, Future | None]]]:
        faces = self._faces.process(frame.time_s, frame.rgb, frame.cut)
        seen: list[tuple[np.ndarray, Future | None]] = []
        for face, tracker, follower in zip(faces, self._faces.trackers, self._bodies, strict=True):
            body = None
            if body_due and self._faces.expects(tracker, frame.time_s):
                # Beside others, a face that is hidden for a moment still tells whose body to look at.
                others = tracker.others
                box = tracker.box if len(others) or np.isfinite(face[0, 0]) else None
                body = self._body_pool.submit(follower.process, frame.rgb, box, others, frame.cut)
                self._last_body = body
            seen.append((face, body))
        return frame.scale, seen

    def _head(self) -> tuple[float, float, float] | None:
        if self._last_body is None:
            return None
        self._last_body.result()
        return self._bodies[0].head


def _ready(future: Future) -> bool:
    return future.done() and all(body is None or body.done() for _, body in future.result()[1])


def _finished(index: int, time_s: float, cut: bool, future: Future) -> tuple[Seen, ...]:
    scale, people = future.result()
    return tuple(_seen(index, time_s, cut, scale, *one) for one in people)


def _seen(
    index: int, time_s: float, cut: bool, scale: float, face: np.ndarray, body_future: Future | None
) -> Seen:
    face = face * np.float32(scale)
    if body_future is None:
        return Seen(index, time_s, face, None, None, cut)
    body, world = body_future.result()
    body = body * np.array([scale, scale, scale, 1], dtype=np.float32)
    return Seen(index, time_s, face, body, world, cut)


class _ReadAhead:
    """Reads in a thread of its own, at most `depth` pictures ahead; iterate once, then close."""

    def __init__(self, frames: Iterable[Frame], depth: int = 4):
        self._ready: queue.Queue = queue.Queue(maxsize=depth)
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._read, args=(frames,), name="decode", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End the thread: whoever closes the source afterwards pulls nothing from under it."""
        self._stop.set()
        self._thread.join()

    def __iter__(self) -> Iterator[Frame]:
        while (item := self._ready.get()) is not None:
            if isinstance(item, BaseException):
                raise item
            yield item

    def _read(self, frames: Iterable[Frame]) -> None:
        try:
            for frame in frames:
                if not self._put(frame):
                    return
            self._put(None)
        except BaseException as error:  # Raised again in the caller's thread.
            self._put(error)

    def _put(self, item: object) -> bool:
        while not self._stop.is_set():
            try:
                self._ready.put(item, timeout=0.1)
                return True
            except queue.Full:
                continue
        return False
