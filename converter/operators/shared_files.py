"""Notes about files of the machine that several tasks of the DAG's function name."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from converter import diagnostics as d
from converter.diagnostics import Diagnostic
from converter.operators.arguments import task_diagnostic
from converter.operators.step import Step
from converter.workflow import Workflow

_NAMED = 2  # so many files and tasks are named


def shared_file_notes(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield one for each task with a file that another task names, too.

    A relative path counts only where one of them writes it: others come along with the DAG file.
    """
    naming: dict[str, list[str]] = defaultdict(list)
    written: set[str] = set()
    for task_id, step in steps.items():
        written |= {file.path for file in step.files if file.is_written}
        for path in dict.fromkeys(file.path for file in step.files):
            naming[path].append(task_id)
    shared = {
        path: tasks
        for path, tasks in naming.items()
        if len(tasks) > 1 and (path.startswith("/") or path in written)
    }
    for task_id, step in steps.items():
        paths = [path for path in dict.fromkeys(file.path for file in step.files) if path in shared]
        if paths:
            others = dict.fromkeys(other for path in paths for other in shared[path] if other != task_id)
            problem = (
                f"it names {_listed(paths)}, also named by {_listed(list(others))}: in Lambda, a task does "
                "not find what another has written"
            )
            remedy = "hand it on in S3, or do both in one task"
            yield task_diagnostic(d.SHARED_FILES, workflow.task(task_id), problem, remedy)


def _listed(names: list[str]) -> str:
    more = len(names) - _NAMED
    shown = ", ".join(f"'{name}'" for name in names[:_NAMED])
    return f"{shown} and {more} more" if more > 0 else shown
