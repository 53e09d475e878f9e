"""How a drawn plan looks: its style sheet, and the marks of task states.

A page that contains the drawing may set any ``--plan-*`` property on it or above it, and so put its own
colours in the place of these. Otherwise they follow the reader's choice of light or dark.
"""

from __future__ import annotations

from functools import cache

#: Property → its colour on light and on dark ground. Text on its ground has a contrast of 4.5 or more.
_COLOURS = {
    "page": ("#ffffff", "#0d1117"),
    "ink": ("#1f2328", "#e6edf3"),
    "quiet": ("#59636e", "#9198a1"),
    "arrow": ("#818b98", "#7d8590"),
    "parallel": ("#f0f3f6", "#1b222b"),
    "parallel-line": ("#d1d9e0", "#343d48"),
    "branch": ("#ffffff", "#0d1117"),
    "step": ("#ffffff", "#21262d"),
    "step-line": ("#9aa4af", "#656c76"),
    "poller": ("#f6f0ff", "#251a3b"),
    "poller-line": ("#8250df", "#ab7df8"),
    "poller-ink": ("#6639ba", "#d2b8ff"),
    "success": ("#dafbe1", "#12311c"),
    "success-line": ("#1a7f37", "#3fb950"),
    "failed": ("#ffebe9", "#3c1618"),
    "failed-line": ("#cf222e", "#f85149"),
    "upstream_failed": ("#fff1e5", "#38220c"),
    "upstream_failed-line": ("#bc4c00", "#f0883e"),
    "skipped": ("#ffeff7", "#3a1a2d"),
    "skipped-line": ("#bf3989", "#f778ba"),
    "running": ("#ddf4ff", "#0f2a47"),
    "running-line": ("#0969da", "#58a6ff"),
}

#: State → the lines of its mark, around (0, 0): colour alone does not tell everybody.
MARKS = {
    "success": "M-4 0.5 L-1.2 3.5 L4.2 -3.5",
    "failed": "M-3.5 -3.5 L3.5 3.5 M3.5 -3.5 L-3.5 3.5",
    "upstream_failed": "M0 -4.5 L0 4.5 M-3.5 -1 L0 -4.5 L3.5 -1",
    "skipped": "M-4 -3.5 L0 0 L-4 3.5 M1 -3.5 L5 0 L1 3.5",
    "running": "M-3 -4 L4 0 L-3 4 Z",
}
#: A clock.
POLLER_MARK = "M-5 0 A5 5 0 1 1 5 0 A5 5 0 1 1 -5 0 M0 -3 L0 0 L2.2 1.4"

_RULES = """
.dag2sfn-plan text{font:13px ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;\
fill:var(--ink)}
.dag2sfn-plan .words{font:12px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif;\
fill:var(--quiet)}
.dag2sfn-plan .title{font:600 16px system-ui,-apple-system,"Segoe UI",Roboto,"DejaVu Sans",sans-serif}
.dag2sfn-plan .page{fill:var(--page)}
.dag2sfn-plan .parallel{fill:var(--parallel);stroke:var(--parallel-line)}
.dag2sfn-plan .branch{fill:var(--branch);stroke:var(--parallel-line)}
.dag2sfn-plan .arrow,.dag2sfn-plan .mark,.dag2sfn-plan .wire{fill:none;stroke-width:1.5;\
stroke-linecap:round;stroke-linejoin:round}
.dag2sfn-plan .arrow{stroke:var(--arrow)}
.dag2sfn-plan .wire{stroke:var(--poller-line);stroke-dasharray:2 4}
.dag2sfn-plan .step rect{fill:var(--step);stroke:var(--step-line)}
.dag2sfn-plan .poller rect{fill:var(--poller);stroke:var(--poller-line);stroke-dasharray:4 3}
.dag2sfn-plan .poller text{fill:var(--poller-ink)}
.dag2sfn-plan .poller .mark{stroke:var(--poller-line)}
.dag2sfn-plan .step text{text-anchor:middle}
.dag2sfn-plan a{cursor:pointer}
.dag2sfn-plan a:hover text,.dag2sfn-plan a:focus text{text-decoration:underline}
.dag2sfn-plan .step:target rect{stroke:var(--poller-line);stroke-width:3}
"""


@cache
def style_sheet() -> str:
    """Return the style sheet of a drawing."""
    light = ";".join(f"--{name}:var(--plan-{name},{colours[0]})" for name, colours in _COLOURS.items())
    dark = ";".join(f"--{name}:var(--plan-{name},{colours[1]})" for name, colours in _COLOURS.items())
    states = "".join(
        f".dag2sfn-plan .{state} rect{{fill:var(--{state});stroke:var(--{state}-line)}}\n"
        f".dag2sfn-plan .{state} .mark{{stroke:var(--{state}-line)}}\n"
        for state in MARKS
    )
    return (
        f".dag2sfn-plan{{{light}}}\n"
        f"@media (prefers-color-scheme:dark){{.dag2sfn-plan{{{dark}}}}}" + _RULES + states
    )
