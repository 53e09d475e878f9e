"""Where the command line writes: results to stdout, everything else to stderr.

What goes to a terminal fits its width. What goes to a pipe or a file is searched and cut by other programs,
so there no line is broken or shortened.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeAlias

from rich.console import Console
from rich.control import strip_control_codes
from rich.progress import Progress
from rich.text import Text

#: Columns, where there is no terminal: more than any line has.
_UNBOUNDED = 1_000_000


def out() -> Console:
    """Return the console for results."""
    return Console(width=None if sys.stdout.isatty() else _UNBOUNDED)


#: The console of the progress that is being shown, if any: what is printed goes above it.
_beneath: list[Console] = []


@contextmanager
def progress(description: str) -> Iterator[Callable[[int, int], None]]:
    """Show progress on stderr if it is a terminal. To be called: with how much is done, of how much."""
    console = err()
    with Progress(console=console, transient=True, disable=not sys.stderr.isatty()) as shown:
        bar = shown.add_task(description, total=None)
        _beneath.append(console)
        try:
            yield lambda done, total: shown.update(bar, completed=done, total=total)
        finally:
            _beneath.pop()


def err() -> Console:
    """Return the console for messages and progress."""
    if _beneath:
        return _beneath[-1]
    return Console(stderr=True, width=None if sys.stderr.isatty() else _UNBOUNDED)


#: Texts that make a line, each with its style ("" for none).
Line: TypeAlias = Sequence[tuple[str, str]]


def say(*lines: Line) -> None:
    """Print lines on stderr, in colours where there are any. Of a large folder, it is thousands."""
    console = err()
    plain = strip_control_codes("\n".join("".join(text for text, _ in line) for line in lines))
    if console.is_terminal or console.color_system or "\t" in plain:
        styled = Text("\n").join(Text.assemble(*line) for line in lines)
        console.print(styled, soft_wrap=True, highlight=False)
    else:
        print(plain, file=console.file)


def one_terminal_shows_both() -> bool:
    """Return whether what was shown on stderr has been seen where results go, too."""
    return sys.stdout.isatty() and sys.stderr.isatty()
