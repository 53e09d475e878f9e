"""SQL of several statements, one by one: Redshift's Data API takes a list of them.

>>> statements("TRUNCATE t; -- all; of it\\nCOPY t FROM 's3://b/;'; ")
['TRUNCATE t', "-- all; of it\\nCOPY t FROM 's3://b/;'"]
>>> [statements(sql) for sql in (r"SELECT '\\'; DROP'", "/* /* ; */ ; */", "SELECT 1; /*", "$$; SELECT 1")]
[None, None, None, None]
"""

from __future__ import annotations

import re

#: What a semicolon may be a part of, a semicolon, and anything else.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|/\*|\$(\w*)\$.*?\$\1\$|\$\w*\$|;|[^;'"$/-]+|.""",
    re.DOTALL,
)
#: How a text in dollars begins, if that is all that was found of it.
_OPEN = re.compile(r"\$\w*\$")
#: A comment is no statement.
_NOTHING = re.compile(r"(\s|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)


def statements(sql: str) -> list[str] | None:
    """Return the statements of a text; None where it cannot be told where one of them ends."""
    found, current = [], ""
    for match in _TOKEN.finditer(sql):
        piece = match[0]
        if _may_go_on(piece):
            return None
        if piece == ";":
            found.append(current)
            current = ""
        else:
            current += piece
    return [text.strip() for text in (*found, current) if not _NOTHING.match(text)]


def _may_go_on(piece: str) -> bool:
    """Whether a piece may end elsewhere: it has no end, or has a backslash or a comment of its own in it.

    A setting of the session says whether a backslash escapes a quote. Comments are inside each other in
    PostgreSQL and in Redshift.
    """
    if piece.startswith("/*"):
        return piece == "/*" or "/*" in piece[2:]
    return piece in ("'", '"') or bool(_OPEN.fullmatch(piece)) or (piece.startswith("'") and "\\" in piece)
