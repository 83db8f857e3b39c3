"""Jobs: recordings that wait to be analysed, are being analysed, or were.

``Jobs(library, user)`` is all that pages and routes need::

    jobs = Jobs(folder)                    # one view of one user; opens the database anew at every call
    jobs.list()                            # all, the newest first: Job.id, title, state, progress, reason, …
    jobs.get(id)                           # one; LookupError where there is none that the user may see
    jobs.cancel(id); jobs.retry(id); jobs.dismiss(id)

A new one is made by `scoring.intake.request`, which checks every field first. A job is ``queued``, then
``running``, then ``done`` (with `Job.session`), ``failed`` (with `Job.reason`, a sentence) or ``cancelled``.
While a running one is being stopped `Job.cancelled` is already true. The table ``jobs`` of the library is the
truth; huey's queue and the worker follow it. What follows `dismiss` below is for the worker.
"""

from __future__ import annotations

import json
import sqlite3
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from attune import InputError
from scoring.access import LOCAL, User, may_see
from scoring.library import Library, now
from scoring.uploads import Uploads

QUEUED, RUNNING, DONE, FAILED, CANCELLED = STATES = ("queued", "running", "done", "failed", "cancelled")
ATTEMPTS = 2  # a job that crashed is tried once more
_EARLY = 0.05  # share done before which nobody can say how long the rest takes
GONE = "There is no such job in this library."


@dataclass(frozen=True)
class Job:
    """One recording's way to a session.

    Attributes
    ----------
    id, owner, title : str
        `owner` added it.
    state : str
        One of `STATES`.
    parameters : mapping
        What is analysed and how: see `scoring.intake`.
    session : str or None
        Id of the session that came of it.
    progress : float or None
        Share done, 0 to 1; None where nobody can say.
    attempts : int
        How often it was begun.
    cancelled : bool
        Somebody asked for it to be stopped.
    reason : str
        Why it failed, or why it is tried once more, in a sentence; else empty.
    created, changed : str
        ISO times: when it was added, and when it came to the state that it has.
    """

    id: str
    owner: str
    title: str
    state: str
    parameters: Mapping[str, Any]
    session: str | None
    progress: float | None
    attempts: int
    cancelled: bool
    reason: str
    created: str
    changed: str

    def __post_init__(self) -> None:
        if self.state not in STATES:
            raise InputError(f"job {self.id} has the state '{self.state}', which this Attune doesn't know")
        if self.progress is not None and not 0 <= self.progress <= 1:
            raise InputError(f"job {self.id} has the progress {self.progress:g}: it is a share, 0 to 1")

    @property
    def active(self) -> bool:
        """Whether it waits or runs."""
        return self.state in (QUEUED, RUNNING)

    @property
    def left_s(self) -> float | None:
        """About how many seconds a running job still needs; None where nobody can say."""
        if self.state != RUNNING or self.progress is None or self.progress < _EARLY:
            return None
        elapsed = (datetime.now(UTC) - datetime.fromisoformat(self.changed)).total_seconds()
        return max(0.0, elapsed) * (1 - self.progress) / self.progress


class Jobs:
    """The jobs of one library that a user may see; see the top of this module.

    Parameters
    ----------
    folder : Path
        The library.
    user : User
        Whose view it is, and who owns what is added.
    """

    def __init__(self, folder: str | Path, user: User = LOCAL):
        self.folder, self.user = Path(folder), user
        self.library = Library(folder)

    def add(self, title: str, parameters: Mapping[str, Any]) -> Job:
        """A new job, put into the queue. `scoring.intake.request` checks what it gets; this does not."""
        id = uuid.uuid4().hex
        values = (id, self.user.name, title, QUEUED, json.dumps(dict(parameters)), now(), now())
        with self.library.writing() as connection:
            connection.execute(
                "INSERT INTO jobs (id, owner, title, state, parameters, created, changed) "
                "VALUES (?, ?, ?, ?, ?, ?, ?)",
                values,
            )
        self._enqueue(id)
        return self.get(id)

    def list(self) -> tuple[Job, ...]:
        """All jobs that the user may see, the newest first."""
        with self.library.reading() as connection:
            rows = connection.execute("SELECT * FROM jobs ORDER BY created DESC, rowid DESC").fetchall()
        return tuple(job for job in map(_job, rows) if may_see(self.user, job.owner))

    def get(self, id: str) -> Job:
        """One job; `LookupError` where there is none that this user may see."""
        with self.library.reading() as connection:
            return self._mine(connection, id)

    def cancel(self, id: str) -> Job:
        """Stop a job: a waiting one at once, a running one within moments. One that ended stays as it is."""
        with self.library.writing() as connection:
            job = self._mine(connection, id)
            if job.state == QUEUED:
                _become(connection, id, CANCELLED)
            elif job.state == RUNNING:
                connection.execute("UPDATE jobs SET cancelled = 1 WHERE id = ?", (id,))
            return self._mine(connection, id)

    def retry(self, id: str) -> Job:
        """Queue a job again that failed or was cancelled.

        Raises
        ------
        InputError
            It waits, runs or is done.
        """
        with self.library.writing() as connection:
            job = self._mine(connection, id)
            if job.state not in (FAILED, CANCELLED):
                raise InputError(f"'{job.title}' is {job.state}: retry what failed or was cancelled")
            connection.execute("UPDATE jobs SET attempts = 0, cancelled = 0 WHERE id = ?", (id,))
            _become(connection, id, QUEUED)
        self._enqueue(id)
        return self.get(id)

    def dismiss(self, id: str) -> None:
        """Take a job that ended off the list, and delete what was uploaded for it; its session stays.

        Raises
        ------
        InputError
            It waits or runs.
        """
        job = self.get(id)
        if job.active:
            raise InputError(f"'{job.title}' is {job.state}: cancel it first")
        self._drop_uploads(job)
        with self.library.writing() as connection:
            connection.execute(
                "DELETE FROM jobs WHERE id = ? AND state NOT IN (?, ?)", (id, QUEUED, RUNNING)
            )

    def uploads_in_use(self) -> set[str]:
        """Ids of the uploads that belong to a job of anybody's."""
        with self.library.reading() as connection:
            rows = connection.execute("SELECT * FROM jobs").fetchall()
        return {upload for row in rows for upload in _uploads(_job(row))}

    def recordings_in_use(self) -> set[str]:
        """Folders of the unfinished recordings that a job of anybody's is about to finish."""
        with self.library.reading() as connection:
            jobs = [_job(row) for row in connection.execute("SELECT * FROM jobs").fetchall()]
        return {job.parameters["recording"] for job in jobs if job.active and "recording" in job.parameters}

    def claim(self, id: str) -> Job | None:
        """Begin an attempt at a job; None where it no longer waits."""
        with self.library.writing() as connection:
            row = connection.execute("SELECT * FROM jobs WHERE id = ? AND state = ?", (id, QUEUED)).fetchone()
            if row is None:
                return None
            connection.execute("UPDATE jobs SET attempts = attempts + 1 WHERE id = ?", (id,))
            _become(connection, id, RUNNING)
            return _job(connection.execute("SELECT * FROM jobs WHERE id = ?", (id,)).fetchone())

    def progress(self, id: str, share: float) -> None:
        """Say how much of a running job is done, 0 to 1."""
        with self.library.writing() as connection:
            values = (min(max(share, 0.0), 1.0), id, RUNNING)
            connection.execute("UPDATE jobs SET progress = ? WHERE id = ? AND state = ?", values)

    def finish(self, id: str, session: str) -> None:
        """A running job has become a session; what was uploaded for it is deleted.

        One that was cancelled a moment too late is done, too: its session is there.
        """
        with self.library.writing() as connection:
            connection.execute("UPDATE jobs SET session_id = ?, progress = 1 WHERE id = ?", (session, id))
            _become(connection, id, DONE)
        self._drop_uploads(self.get(id))

    def fail(self, id: str, reason: str) -> None:
        """A running job can't be done, for a reason that trying once more would not change."""
        with self.library.writing() as connection:
            _leave_running(connection, id, FAILED, reason)

    def crash(self, id: str, reason: str) -> None:
        """An attempt ended without a word: try once more, or give up; cancelled where that was wanted."""
        with self.library.writing() as connection:
            row = connection.execute("SELECT attempts FROM jobs WHERE id = ?", (id,)).fetchone()
            again = row is not None and row["attempts"] < ATTEMPTS
            _leave_running(connection, id, QUEUED if again else FAILED, reason)

    def release(self) -> None:
        """Whoever analyses here ends: what was running waits again, as if it had not been begun."""
        with self.library.writing() as connection:
            for row in connection.execute("SELECT id FROM jobs WHERE state = ?", (RUNNING,)).fetchall():
                connection.execute("UPDATE jobs SET attempts = attempts - 1 WHERE id = ?", (row["id"],))
                _leave_running(connection, row["id"], QUEUED, "")

    def recover(self, reason: str) -> bool:
        """Set right what a worker left behind that ended without a word; whether one had been at work."""
        jobs = self.list()
        left = [job for job in jobs if job.state == RUNNING]
        for job in left:
            self.crash(job.id, reason)
        for job in jobs:
            if job.state == DONE:
                self._drop_uploads(job)
        return bool(left)

    def waiting(self) -> tuple[str, ...]:
        """Ids of the jobs that wait, the oldest first."""
        return tuple(job.id for job in reversed(self.list()) if job.state == QUEUED)

    def _mine(self, connection: sqlite3.Connection, id: str) -> Job:
        row = connection.execute("SELECT * FROM jobs WHERE id = ?", (id,)).fetchone()
        if row is None or not may_see(self.user, row["owner"]):
            raise LookupError(GONE)
        return _job(row)

    def _enqueue(self, id: str) -> None:
        from scoring.job_queue import enqueue

        enqueue(self.folder, id)

    def _drop_uploads(self, job: Job) -> None:
        for upload in _uploads(job):
            Uploads(self.folder).remove(upload)


def _uploads(job: Job) -> tuple[str, ...]:
    return tuple(job.parameters.get("uploads") or ())


def _job(row: sqlite3.Row) -> Job:
    values = {**dict(row), "parameters": json.loads(row["parameters"]), "cancelled": bool(row["cancelled"])}
    return Job(session=values.pop("session_id"), **values)


def _become(connection: sqlite3.Connection, id: str, state: str, reason: str = "") -> None:
    connection.execute(
        "UPDATE jobs SET state = ?, reason = ?, changed = ? WHERE id = ?", (state, reason, now(), id)
    )
    if state != DONE:
        connection.execute("UPDATE jobs SET progress = NULL WHERE id = ?", (id,))


def _leave_running(connection: sqlite3.Connection, id: str, state: str, reason: str) -> None:
    """Only a running job comes to `state`, and one whose end was asked for is cancelled instead."""
    row = connection.execute("SELECT state, cancelled FROM jobs WHERE id = ?", (id,)).fetchone()
    if row is None or row["state"] != RUNNING:
        return
    if row["cancelled"]:
        _become(connection, id, CANCELLED)
    else:
        _become(connection, id, state, reason)
