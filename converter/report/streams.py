"""Where the command line writes: results to stdout, everything else to stderr.

What goes to a terminal fits its width. What goes to a pipe or a file is searched and cut by other programs,
so there no line is broken or shortened.
"""

from __future__ import annotations

import sys

from rich.console import Console

#: Columns, where there is no terminal: more than any line has.
_UNBOUNDED = 1_000_000


def out() -> Console:
    """Return the console for results."""
    return Console(width=None if sys.stdout.isatty() else _UNBOUNDED)


def err() -> Console:
    """Return the console for messages and progress."""
    return Console(stderr=True, width=None if sys.stderr.isatty() else _UNBOUNDED)


def one_terminal_shows_both() -> bool:
    """Return whether what was shown on stderr has been seen where results go, too."""
    return sys.stdout.isatty() and sys.stderr.isatty()
