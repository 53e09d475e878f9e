"""What a check found, and where."""

from __future__ import annotations

from dataclasses import dataclass

from converter.checks.machine import Block, Path, State
from converter.diagnostics import Code


@dataclass(frozen=True)
class Finding:
    """One problem: ``problem`` begins with the state that has it, ``path`` is its place in the definition."""

    code: Code
    path: Path
    problem: str
    remedy: str = ""


def about_state(code: Code, state: State, problem: str, remedy: str = "") -> Finding:
    """Return a finding about a state."""
    return Finding(code, state.path, f"state '{state.name}': {problem}", remedy)


def about_block(code: Code, block: Block, problem: str, remedy: str = "") -> Finding:
    """Return a finding about the machine as a whole, or about a branch or processor of it."""
    if block.owner is None:
        return Finding(code, block.path, f"the machine: {problem}", remedy)
    *_, part = block.path
    name = f"Branches[{part}]" if isinstance(part, int) else str(part)
    return Finding(code, block.path, f"state '{block.owner.name}', {name}: {problem}", remedy)


def listing(names: list[str]) -> str:
    """Return names for a message: all of few, the first of many."""
    shown = ", ".join(f"'{name}'" for name in names[:5])
    return shown if len(names) <= 5 else f"{shown} and {len(names) - 5} more"
