"""docs/assumptions.md: the assumptions and how each is checked."""

from __future__ import annotations

from docs.assumptions import ASSUMPTIONS
from docs.assumptions.model import Assumption

_INTRODUCTION = """\
# Assumptions

Nothing here has been run against a live AWS account. What the tests prove, they prove on the engine (held
against executions recorded from AWS, see [engine](engine.md)), on moto, statelint and cfn-lint. What could
only be read in documentation is listed here with the way to check it. The engine's own assumptions are listed
in [engine](engine.md), those of the local AWS in [local](local.md).

`python -m docs.assumptions --account 123456789012` checks on an account of yours what a program can check there,
with the credentials and the region of your AWS configuration (`--region` for another). In a checkout, with
`pip install boto3`. It

- refuses to begin if the credentials are of another account than `--account`;
- says what it will make and what that costs at most, and asks (`--yes`: it does not);
- makes one role, and machines, functions, tables and a stack whose names begin with `dag2sfn-check-`, which are gone
  at the end, also after Ctrl-C. What could not be removed is named, and the exit code 2;
- prints a line for each assumption: `holds`, `differs` (what AWS did instead; exit code 1), `unknown` (why)
  or `by hand` (how).

`--only L1,S3` makes some of the checks, `--list` none. The checks run against the
[local AWS](local.md), too, in the tests: that shows that they work, and nothing about AWS.

"""


def assumptions_page() -> str:
    """Return docs/assumptions.md."""
    checked = [item for item in ASSUMPTIONS.values() if item.check]
    others = [item for item in ASSUMPTIONS.values() if not item.check]
    return (
        f"{_INTRODUCTION}## Checked by the program\n\n| id | assumption |\n| --- | --- |\n"
        + "".join(f"| {item.id} | {item.text} |\n" for item in checked)
        + "\n## Checked by hand\n\n| id | assumption | how to check it | why no program does |\n"
        + "| --- | --- | --- | --- |\n"
        + "".join(map(_row, others))
    )


def _row(item: Assumption) -> str:
    return f"| {item.id} | {item.text} | {item.by_hand} | {item.why} |\n"
