"""Model cards: ``card.toml`` for programs, ``card.md`` for people, made of it and a hand-written part."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WEAKER = 0.05  # A group whose F1 lies further below the overall one is named.


def to_toml(card: Mapping[str, Any]) -> str:
    """A card as TOML: strings, numbers, lists of them, tables, and lists of tables."""
    return "\n".join(_lines(card, "")).lstrip("\n") + "\n"


def _lines(table: Mapping[str, Any], path: str) -> list[str]:
    lines = [f"{_key(k)} = {_value(v)}" for k, v in table.items() if not _is_table(v)]
    for key, value in table.items():
        name = f"{path}.{_key(key)}" if path else _key(key)
        if isinstance(value, Mapping):
            lines += ["", f"[{name}]", *_lines(value, name)]
        elif _is_table(value):
            for one in value:
                lines += ["", f"[[{name}]]", *_lines(one, name)]
    return lines


def _is_table(value: Any) -> bool:
    return isinstance(value, Mapping) or (
        isinstance(value, list) and bool(value) and isinstance(value[0], Mapping)
    )


def _key(name: str) -> str:
    bare = name.replace("_", "").replace("-", "")
    return name if bare.isascii() and bare.isalnum() else _value(name)


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        # TOML's basic strings escape like JSON's.
        text = value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
        return f'"{text}"'
    if isinstance(value, (list, tuple)):
        inner = ", ".join(_value(v) for v in value)
        line = f"[{inner}]"
        return line if len(line) < 100 else "[\n" + "".join(f"    {_value(v)},\n" for v in value) + "]"
    return repr(value)


def to_markdown(card: Mapping[str, Any], notes: str) -> str:
    """A card to read: what was measured, then the hand-written part."""
    parts = [
        f"# {card['title']}",
        f"<!-- Made by `attune retrain {card['name']}` from card.toml and notes.md: change those. -->",
        card["about"],
        notes.strip(),
        "## Data and fit",
        _facts(card["fit"]),
        "## On persons never seen in training",
        "Every figure is of predictions by networks that never saw the person; intervals (95 %) resample "
        "persons, not frames.",
        *(_measured(card, key) for key in ("held_out", "views", "events") if key in card),
        "### By group",
        _groups(card),
        f"SHA-256 of model.onnx: `{card['sha256']}`",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _facts(fit: Mapping[str, Any]) -> str:
    return "\n".join(f"- {name.replace('_', ' ')}: {_shown(value)}" for name, value in fit.items())


def _shown(value: Any) -> str:
    return ", ".join(str(v) for v in value) if isinstance(value, list) else str(value)


def _measured(card: Mapping[str, Any], key: str) -> str:
    value = card[key]
    rows = value if isinstance(value, list) else [{"name": "all", **value}]
    title = {"held_out": "", "views": "### Views\n\n", "events": "### As events\n\n"}[key]
    return title + _table(rows)


def _table(rows: list[Mapping[str, Any]]) -> str:
    names = [name for name in dict.fromkeys(n for row in rows for n in row) if not name.endswith("_ci95")]
    lines = ["| " + " | ".join(n.replace("_", " ") for n in names) + " |", "|" + " --- |" * len(names)]
    for row in rows:
        cells = []
        for name in names:
            value = row.get(name, "")
            text = f"{value:.3f}" if isinstance(value, float) else str(value)
            ci = row.get(f"{name}_ci95")
            cells.append(f"{text} ({ci[0]:.3f} to {ci[1]:.3f})" if ci else text)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _groups(card: Mapping[str, Any]) -> str:
    rows = [{k: group[k] for k in ("kind", "group", "persons", "rows", "f1", "f1_ci95", "auc", "accuracy")
             if k in group} for group in card["groups"]]  # fmt: skip
    return _table(rows) + "\n\n" + weaker_groups(card)


def weaker_groups(card: Mapping[str, Any]) -> str:
    """One sentence on the groups whose F1 is more than `WEAKER` below the overall one."""
    overall = card["held_out"]["f1"]
    weak = [
        f"{g['kind']}: {g['group']} ({g['f1']:.3f}, {g['persons']} persons)"
        for g in card["groups"] if "f1" in g and g["f1"] < overall - WEAKER
    ]  # fmt: skip
    if not weak:
        return f"No group's F1 is more than {WEAKER:.2f} below the overall one."
    return f"F1 more than {WEAKER:.2f} below the overall {overall:.3f}: " + "; ".join(weak) + "."
