"""Which of Airflow's Variables the function that runs a DAG's Python tasks asks for."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag
from converter.operators.step import Step
from converter.packaging.task_code import author_modules, runs_tasks, texts_of_tasks
from converter.task_runtime.dag2sfn_tasks.parameter_store import VARIABLES_PREFIX
from converter.task_runtime.local_modules import Module
from converter.task_runtime.syntax import nodes_of
from converter.workflow import Workflow

_IN_TEMPLATE = re.compile(
    r"""\bvar\.(?:value|json)\.(?:get\(\s*["'](?P<got>[^"']+)|(?P<named>(?!get\()\w+))"""
)


def variable_problems(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[Diagnostic]:
    """Yield what has to be in Parameter Store before the DAG's Python and Bash tasks run, if anything."""
    # Without its file a DAG has no function; whoever writes its bundle says so.
    if not runs_tasks(steps) or not Path(workflow.location.file).is_file():
        return
    try:
        names = sorted(set(_names(workflow, steps)))
    except Dag2SfnError:
        return
    if names:
        yield about_dag(
            workflow,
            d.VARIABLES_IN_LAMBDA,
            f"Python and Bash tasks, and the DAG file in Lambda, read the Variables {', '.join(names)} from "
            "Parameter Store; one that is missing there has the default of the file, or is an error",
            f"put each there as {VARIABLES_PREFIX}NAME before the DAG runs, with the value of the conversion",
        )


def _names(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[str]:
    for text in texts_of_tasks(workflow, steps):
        yield from (found["got"] or found["named"] for found in _IN_TEMPLATE.finditer(text))
    for module in author_modules(workflow):
        yield from _asked_in(module)


def _asked_in(module: Module) -> Iterator[str]:
    """Yield the Variables that a module asks for by name; ``…`` for one whose name is computed."""
    for node in nodes_of(module.tree):
        if isinstance(node, ast.Call) and _is_get_of_variable(node.func, module):
            given = [*node.args[:1], *(item.value for item in node.keywords if item.arg == "key")]
            name = given[0].value if given and isinstance(given[0], ast.Constant) else None
            yield name if isinstance(name, str) else "…"


def _is_get_of_variable(function: ast.expr, module: Module) -> bool:
    """Whether it is ``Variable.get``, with Airflow's Variable by whatever name it was imported."""
    if not isinstance(function, ast.Attribute) or function.attr != "get":
        return False
    owner = function.value
    if isinstance(owner, ast.Attribute):  # models.Variable
        return owner.attr == "Variable"
    imported = module.imports.get(owner.id) if isinstance(owner, ast.Name) else None
    return imported is not None and imported.top_level == "airflow" and imported.attribute == "Variable"
