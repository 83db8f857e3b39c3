"""`attune batch`: many recordings to sessions and tidy tables, on all cores or a cluster, resumable."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from attune import AttuneError, InputError, OutputError, UsageError
from scoring import batch_tables, batch_tasks
from scoring.batch_tables import FAILURE
from scoring.batch_tasks import STATE, Plan, Work
from scoring.files import writing
from scoring.guarded import Limits
from scoring.lock import locked
from scoring.manifest import AUTO, Failure, Item, gather
from scoring.options import Options
from scoring.pools import Pool, Report, pool_for
from scoring.session import remove_partial, safe_name

_SHOWN = 5  # failures in one sentence

Told = Callable[[int, int], None]
"""Called with how many tasks are done, and how many are known of."""


@dataclass(frozen=True)
class BatchResult:
    """What a batch came to.

    Attributes
    ----------
    done : dict of str to Path
        Id of the recording -> its session's folder.
    failures : list of Failure
    folder : Path
        Where the tables are.
    losses : dict of str to str
        Id of a recording that could be decoded in part only -> what is lacking.
    others : int
        Sessions in the folder that are not in the tables: of other recordings, or of other options.
    """

    done: dict[str, Path]
    failures: list[Failure]
    folder: Path
    losses: dict[str, str]
    others: int


def batch(
    inputs: Sequence[str],
    out: Path,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    limits: Limits | None = None,
    keep_video: bool = False,
    speech: str | None = None,
    anonymise: bool = False,
    told: Told = lambda done, known: None,
    report: Report = lambda worker, label, share: None,
    **options: Any,
) -> BatchResult:
    """Analyse everything that `inputs` name.

    Parameters
    ----------
    inputs : sequence of str
        As `scoring.manifest.gather` takes them.
    out : Path
        The library; what an earlier batch finished in it with the same options is not done again.
    workers, scheduler
        See `scoring.pools.pool_for`.
    limits : Limits
        Of each task.
    keep_video : bool
        Keep a copy of each video in its session.
    speech : str, optional
        ``auto``: who speaks is told by the sound where the manifest names no table for it.
    anonymise : bool
        Keep no video, and name no file anywhere: sessions are anonymised, recordings without an id of the
        manifest's are numbered in order of their names, and failures are told without names.
    told, report : callable
        Progress, of the batch and of each local worker.
    **options
        Of `scoring.options.Options`, for all recordings.

    Raises
    ------
    InputError
        A manifest can't be read, or nothing at all can be analysed and there are tables of an earlier batch.
    OutputError
        Another batch is at work in the same folder, or it can't be written.
    """
    chosen = asdict(Options(**options))
    if anonymise and keep_video:
        raise UsageError("--anonymise keeps no video: leave out --video")
    if speech not in (None, AUTO):
        raise UsageError("--speech takes only auto here: name tables in the manifest's column 'speech'")
    state = out / STATE
    with writing(out):
        state.mkdir(parents=True, exist_ok=True)
    with locked(state / "lock") as free:
        if not free:
            raise OutputError(f"another batch is at work in {out}: let it finish, or choose another --out")
        remove_partial(out)
        items, failures = gather(inputs, out, anonymise)
        if not items and (out / batch_tables.SCORES).is_file():  # a slip of the keyboard must not empty it
            why = "; ".join(failure.reason for failure in failures[:_SHOWN])
            more = f"; and {len(failures) - _SHOWN} more" if len(failures) > _SHOWN else ""
            raise InputError(f"the tables in {out} stay as they are: nothing can be analysed, {why}{more}")
        items = [replace(item, speech=item.speech or speech) for item in items]
        rests = batch_tasks.basis(chosen["profile"])
        works = [Work(item, out.absolute(), chosen, keep_video, anonymise, rests) for item in items]
        done = {work.item.id: out / name for work in works if (name := work.session()) is not None}
        todo = [work for work in works if work.item.id not in done]
        if todo:
            with _tidied(out), pool_for(scheduler, workers, limits or Limits(), report) as pool:
                made, failed = _Run(pool, told).run(todo)
            done |= {id: out / name for id, name in made.items()}
            failures += failed
        # What is kept for another try has the files' hashes, and may draw faces; a kill left some of it, also
        # of recordings that are not among these any more.
        kept = [work.folder for work in works if work.item.id in done]
        for folder in filter(Path.is_dir, state.iterdir()) if anonymise else kept:
            shutil.rmtree(folder, ignore_errors=True)
        finished = [(item, done[item.id]) for item in items if item.id in done]
        asked = {**chosen, "speech": speech, "video": keep_video, "anonymise": anonymise}
        shown = _unnamed(failures, asked) if anonymise else (failures, asked)
        losses = batch_tables.write(out, finished, *shown)
        others = {folder.parent.name for folder in out.glob("*/session.json")}
        others -= {folder.name for folder in done.values()}
        return BatchResult(done, failures, out, losses, len(others))


@contextmanager
def _tidied(library: Path) -> Iterator[None]:
    """Remove at the end what stopped tasks left half done: it may name files, and draw faces."""
    try:
        yield
    finally:
        remove_partial(library)


def _unnamed(failures: Sequence[Failure], chosen: Mapping[str, Any]) -> tuple[list[Failure], dict[str, Any]]:
    """Failures and options as the tables of an anonymised batch have them."""
    from scoring.anonymise import profile_name, without_names

    told = [
        Failure(one.id, "", without_names(one.reason, (one.path, Path(one.path).name, *one.names)))
        for one in failures
    ]
    return told, {**chosen, "profile": profile_name(str(chosen["profile"]))}


_Line = list[Callable[[], None]]


class _Run:
    """Every recording's way through plan, parts and session, as many at once as there are workers.

    Parts of long recordings go first, so that the last ones don't keep a single worker busy at the end.
    """

    def __init__(self, pool: Pool, told: Told):
        self._pool, self._told = pool, told
        self._waiting: dict[Future, tuple[Work, Callable[[Any], None], _Line | None]] = {}
        self._same: dict[str, list[Item]] = {}  # key of a work -> all that it is done for
        self._left: dict[str, int] = {}  # parts that are not measured yet
        self._lines: dict[tuple[str, str], _Line] = {}  # what makes one session, one worker after the other
        self._made: dict[str, str] = {}
        self._failed: dict[str, Failure] = {}
        self._known = self._ended = 0

    def run(self, works: Sequence[Work]) -> tuple[dict[str, str], list[Failure]]:
        """Id -> name of the session's folder, and what failed."""
        for work in works:
            same = self._same.setdefault(work.key, [])
            same.append(work.item)
            if len(same) == 1:
                self._submit(work, batch_tasks.plan, self._planned(work), work)
        while self._waiting:
            ended, _ = wait(self._waiting, return_when=FIRST_COMPLETED)
            for future in ended:
                self._settle(future)
        return self._made, [self._failed[id] for id in sorted(self._failed)]

    def _submit(
        self, work: Work, task: Callable, then: Callable[[Any], None], *arguments: Any,
        line: _Line | None = None,
    ) -> None:  # fmt: skip
        self._known += 1
        self._waiting[self._pool.submit(work.item.id, task, *arguments)] = (work, then, line)
        self._told(self._ended, self._known)

    def _settle(self, future: Future) -> None:
        work, then, line = self._waiting.pop(future)
        self._ended += 1
        try:
            result = future.result()
        except AttuneError as error:
            self._fail(work, _without_name(str(error), work.item))
        except Exception as error:
            self._fail(work, f"an error that Attune did not expect ({type(error).__name__}: {error})")
        else:
            if work.item.id not in self._failed:
                then(result)
        if line is not None:
            line.pop(0)
            if line:
                line[0]()
        self._told(self._ended, self._known)

    def _fail(self, work: Work, reason: str) -> None:
        for item in self._same[work.key]:
            self._failed.setdefault(item.id, Failure(item.id, str(item.path), reason, item.names))

    def _planned(self, work: Work) -> Callable[[Plan], None]:
        def then(planned: Plan) -> None:
            if len(planned.spans) == 1:
                self._finish(work, planned)
                return
            self._left[work.item.id] = len(planned.spans)
            for number in range(len(planned.spans)):
                self._submit(work, batch_tasks.part, self._measured(work, planned), work, planned, number)

        return then

    def _measured(self, work: Work, planned: Plan) -> Callable[[None], None]:
        def then(_: None) -> None:
            self._left[work.item.id] -= 1
            if not self._left[work.item.id]:
                self._finish(work, planned)

        return then

    def _finish(self, work: Work, planned: Plan) -> None:
        def then(name: str) -> None:
            self._made |= {item.id: name for item in self._same[work.key]}
            shutil.rmtree(work.folder, ignore_errors=True)

        # Copies of one name are one session, and those of any name once they are anonymised: only one worker
        # at a time can write it.
        name = "" if work.anonymise else safe_name(work.item.path.stem).casefold()
        line = self._lines.setdefault((planned.sha256, name), [])
        line.append(lambda: self._submit(work, batch_tasks.finish, then, work, planned, line=line))
        if len(line) == 1:
            line[0]()


def _without_name(sentence: str, item: Item) -> str:
    """The reason alone: the table names the file in a column of its own."""
    return sentence.removeprefix(f"{item.path}: ")


def summary(result: BatchResult) -> Mapping[str, Any]:
    """The result as plain values, for ``--json``."""
    return {
        "folder": str(result.folder),
        "sessions": {id: str(path) for id, path in sorted(result.done.items())},
        "failures": [{name: vars(one)[name] for name in FAILURE} for one in result.failures],
        "incomplete": result.losses,
    }
