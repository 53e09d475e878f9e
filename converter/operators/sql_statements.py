"""SQL of several statements, one by one: Redshift's Data API takes a list of them.

>>> statements("TRUNCATE t; -- all; of it\\nCOPY t FROM 's3://b/;'; ")
['TRUNCATE t', "-- all; of it\\nCOPY t FROM 's3://b/;'"]
>>> statements(r"SELECT '\\'; DROP'") is None
True
"""

from __future__ import annotations

import re

#: What a semicolon may be a part of, a semicolon, and anything else.
_TOKEN = re.compile(
    r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|--[^\n]*|/\*.*?\*/|\$(\w*)\$.*?\$\1\$|;|[^;'"$/-]+|.""", re.DOTALL
)
#: A comment is no statement.
_NOTHING = re.compile(r"(\s|--[^\n]*|/\*.*?\*/)*\Z", re.DOTALL)


def statements(sql: str) -> list[str] | None:
    """Return the statements of a text; None where it cannot be told where one of them ends."""
    found, current = [], ""
    for match in _TOKEN.finditer(sql):
        piece = match[0]
        # A quote without an end; or one that may be escaped by a backslash, as a setting of the session says.
        if piece in ("'", '"') or (piece.startswith("'") and "\\" in piece):
            return None
        if piece == ";":
            found.append(current)
            current = ""
        else:
            current += piece
    return [text.strip() for text in (*found, current) if not _NOTHING.match(text)]
