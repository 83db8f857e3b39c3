"""Text where Streamlit expects Markdown, dates in words, and addresses."""

import re
from datetime import datetime
from urllib.parse import quote

_SIGNS = re.compile(r"([\\`*_{}\[\]()<>#+\-.!|~$:&^=])")


def plain(text: str) -> str:
    """The text as it is, every sign of Markdown escaped: titles and file names are data, never markup.

    Examples
    --------
    >>> print(plain("**new** <b>"))
    \\*\\*new\\*\\* \\<b\\>
    """
    return _SIGNS.sub(r"\\\1", " ".join(str(text).split()))


def day(when: datetime | None) -> str:
    """A date in words; empty without one.

    Examples
    --------
    >>> day(datetime(2025, 3, 8, 9, 5))
    '8 Mar 2025'
    """
    return "" if when is None else f"{when.day} {when:%b %Y}"


def moment(when: datetime | None) -> str:
    """A date and its time of day: what tells two sessions of one day apart; empty without one.

    Examples
    --------
    >>> moment(datetime(2025, 3, 8, 9, 5))
    '8 Mar 2025, 09:05'
    """
    return "" if when is None else f"{day(when)}, {when:%H:%M}"


def address(id: str) -> str:
    """Where our own routes have what belongs to a session."""
    return f"/api/session/{quote(id, safe='')}"
