"""What a batch is to analyse: files, folders, patterns, or a manifest, a table with one recording a row."""

from __future__ import annotations

import glob
import math
import os
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from attune import InputError
from scoring.spreadsheet import cells_at, file_named, read_rows, seconds

VIDEOS = (".mp4", ".m4v", ".mov", ".mkv", ".webm", ".avi", ".mpg", ".mpeg", ".mts", ".3gp", ".wmv")
TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xls", ".ods")  # the last ones are told to be saved as CSV
# What the columns of a manifest may be called; every other one is a covariate.
NAMES = {
    "path": ("path", "video", "file", "recording"),
    "client": ("client", "client path", "client_path", "client video"),
    "offset": ("offset", "offset_s"),
    "id": ("id", "session", "session_id"),
    "group": ("group", "condition"),
    "speech": ("speech",),
}
AUTO = "auto"
_LONGEST_ID = 120
_DIGITS = 4


@dataclass(frozen=True)
class Item:
    """One recording to analyse.

    Attributes
    ----------
    path : Path
    id : str
        Names it in the tables; unique in a batch.
    client : Path or None
        The client's own recording.
    offset_s : float or None
        When on the clock of `path` the client's begins; None: by the sound.
    group : str
    covariates : dict of str to str
        As the manifest has them.
    speech : Path or str or None
        A table of who speaks when; ``auto``: by the sound.
    named : bool
        Whether somebody chose the id; else it is the file's name.
    where : str
        Its row, where a manifest names it.
    """

    path: Path
    id: str
    client: Path | None = None
    offset_s: float | None = None
    group: str = ""
    covariates: dict[str, str] = field(default_factory=dict)
    speech: Path | str | None = None
    named: bool = False
    where: str = ""

    @property
    def names(self) -> tuple[str, ...]:
        """What its files are called in sentences about them."""
        return names_of(file for file in (self.path, self.client, self.speech) if isinstance(file, Path))


def names_of(files: Iterable[Path]) -> tuple[str, ...]:
    """What files may be called in sentences about them."""
    return tuple(name for file in files for name in (str(file), str(file.absolute()), file.name))


@dataclass(frozen=True)
class Failure:
    """Something that was named and can't be analysed: which, and why, in a sentence.

    `names` are those of files that the sentence may hold, for whoever must not tell them.
    """

    id: str
    path: str
    reason: str
    names: tuple[str, ...] = ()


def gather(
    inputs: Sequence[str], out: Path | None = None, anonymise: bool = False
) -> tuple[list[Item], list[Failure]]:
    """Everything that the arguments of a batch name, in order of their ids, and what of it is unusable.

    Parameters
    ----------
    inputs : sequence of str
        Videos, folders (searched through), patterns (``clips/*.mp4``, ``**`` for any folder), manifests.
    out : Path, optional
        The videos that sessions in this folder keep are copies, and no recordings to look for.
    anonymise : bool
        Numbers instead of files' names, for recordings that nobody chose an id for.
    """
    items: list[Item] = []
    failures: list[Failure] = []
    plain: dict[str, Path] = {}  # where a file is -> as it was named
    for text in inputs:
        if Path(text).suffix.lower() in TABLES and Path(text).is_file():
            found, wrong = read_manifest(Path(text))
            items += found
            failures += wrong
            continue
        named = _files(text) if text.strip() else ()  # an empty name would be the folder one is in
        files = [file for file in named if out is None or not _kept_in(out, file)]
        plain = {os.path.abspath(file): file for file in files} | plain  # noqa: PTH100 (links are two)
        if not files:
            failures.append(Failure("", text, _nothing(text)))
    items += _named(plain.values())
    if anonymise:
        items = _numbered(sorted(items, key=lambda item: (item.id, str(item.path))))
    return _unique(items, failures)


def read_manifest(path: Path) -> tuple[list[Item], list[Failure]]:
    """The recordings of a manifest; a row that can't be used is named with its number, the rest is read.

    The table has a header; comma, semicolon or tab between columns; UTF-8, UTF-16 or Windows' western
    encoding. Paths are relative to the manifest's folder.

    Raises
    ------
    InputError
        It can't be read as a table, or has no column of paths.
    """
    table = read_rows(path)
    header = [" ".join(name.split()) for name in table.header]
    places = _places(path, header)
    items, failures = [], []
    for number, row in table.rows:
        where = f"{path.name}, row {number}"
        try:
            items.append(replace(_item(path, header, places, row), where=where))
        except InputError as error:
            why = "; ".join((f"{where}: {error}", *table.notices))  # a wrong guess garbles names
            given = [cells_at(row, places.get(role)) for role in ("path", "client", "speech")]
            names = (path.name, *given, *(str(path.parent / text) for text in given if text))
            failures.append(Failure("", given[0], why, names))
    if not items and not failures:
        raise InputError(f"{path} names no recording: give one a row, below the header")
    return items, failures


def _places(path: Path, header: list[str]) -> dict[str, int]:
    """Role -> number of its column."""
    known = [name.casefold() for name in header]
    repeated = [name for name, count in Counter(known).items() if name and count > 1]
    if repeated:
        raise InputError(f"{path}: column '{repeated[0]}' is there twice: rename one")
    places = {
        role: known.index(name) for role, names in NAMES.items() for name in names[::-1] if name in known
    }
    if "path" not in places:
        raise InputError(f"{path} has no column 'path': its first row names the columns")
    return places


def _item(path: Path, header: list[str], places: dict[str, int], row: Sequence[str]) -> Item:
    if len(row) > len(header) and any(row[len(header) :]):
        counts = f"it has {len(row)} cells, the header {len(header)}"
        raise InputError(f"{counts}: quote cells that hold a separator")
    given = {role: cells_at(row, place) for role, place in places.items()}
    if not given["path"]:
        raise InputError("column 'path' is empty")
    video = file_named(given["path"], path.parent)
    by_sound = given.get("speech", "").casefold() == AUTO
    named = {"client": given.get("client"), "speech": None if by_sound else given.get("speech")}
    others = {role: file_named(text, path.parent) if text else None for role, text in named.items()}
    offset = given.get("offset", "")
    if offset and others["client"] is None:
        raise InputError("it has an offset and no client recording: name that one too")
    taken = set(places.values())
    return Item(
        video, _id(given.get("id") or video.stem), others["client"], _offset(offset) if offset else None,
        given.get("group", ""),
        {name: cells_at(row, k) for k, name in enumerate(header) if name and k not in taken},
        AUTO if by_sound else others["speech"], bool(given.get("id")),
    )  # fmt: skip


def _offset(text: str) -> float:
    value = seconds(text)
    if not math.isfinite(value):
        raise InputError(f"offset '{text}' is not a number of seconds")
    return value


def _id(text: str) -> str:
    if len(text) > _LONGEST_ID or any(not sign.isprintable() for sign in text):
        raise InputError(f"id '{text[:40]}' is too long or holds signs that can't be printed")
    return text


def _files(text: str) -> Iterator[Path]:
    path = Path(text)
    if path.is_dir():
        found: Iterable[Path] = _below(path)
    elif path.exists():
        yield path  # named by itself: whatever its suffix
        return
    else:
        found = map(Path, glob.glob(text, recursive=True))  # noqa: PTH207 (absolute patterns, too)
    yield from sorted(one for one in found if one.suffix.lower() in VIDEOS and one.is_file())


def _below(folder: Path) -> Iterator[Path]:
    """All files in a folder and those in it, each folder once, what links lead to last: they may lead back.

    Left out is what systems keep for themselves (``._clip.mp4``), and folders of such names.
    """
    seen: set[str] = set()
    starts = [folder]
    for start in starts:
        for place, folders, files in os.walk(start):
            real = os.path.realpath(place)
            folders[:] = sorted(name for name in folders if not name.startswith(".") and real not in seen)
            starts += [link for name in folders if (link := Path(place, name)).is_symlink()]
            yield from (Path(place, name) for name in files if not name.startswith(".") and real not in seen)
            seen.add(real)


def _kept_in(library: Path, file: Path) -> bool:
    return library.resolve() in file.resolve().parents and (file.parent / "session.json").is_file()


def _nothing(text: str) -> str:
    if not text.strip():
        return "a name is empty: is a variable of the shell not set?"
    if Path(text).is_dir():
        return f"{text} holds no video ({', '.join(VIDEOS)})"
    return f"{text} is not there"


def _named(paths: Iterable[Path]) -> list[Item]:
    """Files by their stems; where stems repeat, with as much of their folders as tells them apart."""
    parts = {path: path.absolute().parts for path in paths}
    twins = Counter((path.parent, path.stem) for path in parts)
    last = {path: path.name if twins[path.parent, path.stem] > 1 else path.stem for path in parts}
    depth = dict.fromkeys(parts, 1)
    while True:
        ids = {path: "/".join([*parts[path][-depth[path] : -1], last[path]]) for path in parts}
        count = Counter(ids.values())
        again = [path for path, id in ids.items() if count[id] > 1 and depth[path] < len(parts[path])]
        if not again:
            # A name that isn't UTF-8 reaches Python as lone surrogates, which no table can hold.
            return [Item(path, id.encode("utf-8", "backslashreplace").decode()) for path, id in ids.items()]
        for path in again:
            depth[path] += 1


def _numbered(items: Sequence[Item]) -> list[Item]:
    """Recordings that nobody chose an id for by numbers instead of their files' names, in the same order."""
    taken, result = {item.id for item in items if item.named}, []
    free = (id for k in range(1, 2 * len(items) + 1) if (id := f"recording-{k:0{_DIGITS}d}") not in taken)
    for item in items:
        result.append(item if item.named else replace(item, id=next(free)))
    return result


def _unique(items: list[Item], failures: list[Failure]) -> tuple[list[Item], list[Failure]]:
    kept: dict[str, Item] = {}
    for item in items:
        if item.id in kept:
            where = f"{item.where}: " if item.where else ""
            other = kept[item.id].path
            reason = f"{where}id '{item.id}' is already that of {other}: give each recording its own"
            names = (item.where.rpartition(", row ")[0], *item.names, *kept[item.id].names)
            failures.append(Failure(item.id, str(item.path), reason, names))
        else:
            kept[item.id] = item
    return [kept[id] for id in sorted(kept)], failures
