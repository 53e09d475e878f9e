"""Writes the docs that follow from the code: ``python -m docs.generate``, with ``--check`` only compares."""

from __future__ import annotations

import inspect
import sys
from pathlib import Path

import converter.operators  # noqa: F401 - operators register themselves
from converter.diagnostics import CODES, Severity
from converter.operators.pair_kinds import PAIR_KINDS
from converter.operators.registry import conversion_of, converted_operators
from converter.report.documents import severity_word
from docs.assumptions.page import assumptions_page
from docs.configuration_page import configuration_page
from docs.templates_page import templates_page

HERE = Path(__file__).parent

_SEVERITIES = {
    Severity.UNREADABLE: "what is needed cannot be read, written or reached: exit code 2",
    Severity.REFUSED: "this DAG is not converted, or the deployment failed: exit code 1",
    Severity.APPROXIMATED: "converted, with a difference that the message names",
    Severity.NOTE: "converted, with something worth knowing",
}


def diagnostics_page() -> str:
    """Return docs/diagnostics.md."""
    lines = [
        "# Diagnostics",
        "",
        "Every message has one form: `CODE file:line: what is wrong; what to do instead`. Codes are stable.",
        "Where the command line prints it, the severity stands first: `refused D201 dags/etl.py:14: …`.",
        "",
        "| severity | meaning |",
        "| --- | --- |",
        *(f"| {severity_word(severity)} | {meaning} |" for severity, meaning in _SEVERITIES.items()),
        "",
    ]
    for code in sorted(CODES.values(), key=lambda code: code.id):
        lines += [f"## {code.id}: {code.title}", "", f"*{severity_word(code.severity)}.* {code.meaning}", ""]
    return "\n".join(lines)


def operators_page() -> str:
    """Return docs/operators.md."""
    lines = [
        "# Operators",
        "",
        "What each Airflow operator becomes. Every other operator is refused by name (D201), and so is every",
        "argument that is not converted (D202).",
        "",
        *_pairs(),
    ]
    for operator in converted_operators():
        conversion = conversion_of(operator)
        lines += [
            f"## {operator.rpartition('.')[2]}",
            "",
            f"`{operator}`",
            "",
            inspect.getdoc(conversion) or "",
            "",
        ]
    return "\n".join(lines)


def _pairs() -> list[str]:
    """Return which submits and sensors are joined."""
    lines = [
        "## Pairs of a submit and a sensor",
        "",
        "Where all that is downstream of the submit needs the sensor's success, one call waits for its job.",
        "When they stay apart: [sensors](sensors.md#a-submit-and-its-sensor).",
        "",
        "| submit, which does not wait | sensor | what waits |",
        "| --- | --- | --- |",
    ]
    for kind in PAIR_KINDS:
        submit, sensor = (name.rpartition(".")[2] for name in (kind.submit, kind.sensor))
        lines.append(f"| {submit} | {sensor} | `{kind.call}` |")
    return [*lines, ""]


PAGES = {
    "assumptions.md": assumptions_page,
    "configuration.md": configuration_page,
    "diagnostics.md": diagnostics_page,
    "operators.md": operators_page,
    "templates.md": templates_page,
}


def main(arguments: list[str]) -> int:
    """Write the pages, or say which are stale; return the exit code."""
    stale = []
    for name, page in PAGES.items():
        path = HERE / name
        text = page().rstrip() + "\n"
        if "--check" not in arguments:
            path.write_text(text)
        elif not path.exists() or path.read_text() != text:
            stale.append(name)
    if stale:
        sys.stderr.write(f"stale: {', '.join(stale)}; run `make docs`\n")
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
