"""Text where Streamlit expects Markdown, and addresses."""

import re
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


def address(id: str) -> str:
    """Where our own routes have what belongs to a session."""
    return f"/api/session/{quote(id, safe='')}"
