"""``python -m scoring.run_job LIBRARY JOB``: analyse one job, in a process that nothing else depends on."""

from __future__ import annotations

import _thread
import os
import signal
import sys
import time
from pathlib import Path

from attune import AttuneError, InputError, OutputError
from scoring.access import User
from scoring.jobs import RUNNING, Job, Jobs
from scoring.process import alone, when_parent_ends

LOCK = ".analysis.lock"
GRACE_S = 3.0  # to clean up in after the parent ended or closed our standard input
NICENESS = 10  # pages and videos come first
REPORT_S = 0.4
MEASURED = 0.97  # share of the work that measuring the pictures is; the rest is judging and storing
STOPPED = 130
NO_MEMORY = "The analysis ran out of memory: close other programs, then retry."


def main(folder: Path, id: str) -> int:
    """Exit status: 0 when the job says how it ended, `STOPPED` when it was told to end."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell in the background had it ignored
    when_parent_ends(_stop)
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    jobs = Jobs(folder)
    job = jobs.get(id)
    try:
        with alone(folder / LOCK):  # one whose worker was killed may still be cleaning up
            if jobs.get(id).state != RUNNING:  # … or, at the very end, have finished it
                return 0
            session = _analysed(jobs, job)
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # too late to stop: it is a session now
            _describe(jobs, job, session)
            jobs.finish(id, session)
    except KeyboardInterrupt:
        return STOPPED
    except AttuneError as error:
        jobs.fail(id, _plainly(str(error), job))
    except MemoryError:
        jobs.crash(id, NO_MEMORY)
    except Exception as error:
        from scoring.unexpected import explained

        jobs.crash(id, explained(error))
    return 0


def _analysed(jobs: Jobs, job: Job) -> str:
    """Id of the session that the job becomes."""
    from scoring.analyze import analyze_video

    asked = job.parameters
    if asked.get("recording"):
        return _finished(jobs, job)
    result = analyze_video(
        Path(asked["video"]),
        jobs.folder,
        client=Path(asked["client"]) if asked["client"] else None,
        offset_s=asked["offset_s"],
        speech=asked.get("speech"),  # jobs of earlier versions say nothing of it
        keep_video=asked["keep_video"],
        title=job.title,
        consent=asked["consent"],
        progress=_Reporter(jobs, job.id),
        **asked["options"],
    )
    if result.session is None:
        raise OutputError(f"'{job.title}' was analysed but not stored: retry")
    return result.session.name


def _finished(jobs: Jobs, job: Job) -> str:
    """Id of the session that a recording becomes which was cut short."""
    from scoring.finishing import already, from_video, playable
    from scoring.unfinished import PATIENCE_S, held, video_of

    folder = jobs.folder / job.parameters["recording"]
    with held(folder, PATIENCE_S) as free:
        if not free:
            raise OutputError(f"'{job.title}' is being recorded or analysed elsewhere: wait for that")
        video = video_of(folder)
        if video is None:
            raise InputError(f"'{job.title}' is no longer there: somebody finished or removed it")
        if session := already(folder, jobs.folder):
            return session.name
        return from_video(folder, playable(video), jobs.folder, _Reporter(jobs, job.id)).session.name


def _describe(jobs: Jobs, job: Job, session: str) -> None:
    """Who owns the session, whom it shows; what nobody said now stays as it was said before."""
    from scoring.catalogue import describe

    if job.parameters.get("recording"):
        return  # its own note has said it
    given = {name: job.parameters[name] or None for name in ("person", "scenario", "tags")}
    describe(jobs.library, session, User(job.owner, "staff"), **given)


class _Reporter:
    """Tells the table of jobs how far an analysis has come, now and then."""

    def __init__(self, jobs: Jobs, id: str):
        self._jobs, self._id, self._last = jobs, id, -REPORT_S

    def __call__(self, frames: int, time_s: float, duration_s: float | None = None) -> None:
        moment = time.monotonic()
        if duration_s and moment - self._last >= REPORT_S:
            self._last = moment
            self._jobs.progress(self._id, MEASURED * min(1.0, time_s / duration_s))


def _plainly(sentence: str, job: Job) -> str:
    """A sentence of the analysis for somebody who knows neither its flags nor where uploads are kept."""
    from scoring.files import without_folders
    from scoring.intake import without_flags

    if job.parameters["uploads"]:
        sentence = without_folders(sentence, map(job.parameters.get, ("video", "client", "speech")))
    return without_flags(sentence)


def _stop() -> None:
    _thread.interrupt_main()
    time.sleep(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
