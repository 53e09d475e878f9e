"""What a function, or a template that is rendered for it, asks of Airflow's context."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache

from jinja2 import Environment, TemplateSyntaxError, nodes

from converter.task_runtime.dag2sfn_tasks.task_instance import DagRun, TaskInstance
from converter.task_runtime.syntax import nodes_of

#: What only Airflow's database, its API server and its schedule know of a run.
_KNOWN_TO_AIRFLOW = frozenset(
    """
    asset_state_store conn inlet_events prev_data_interval_end_success prev_data_interval_start_success
    prev_ds prev_ds_nodash prev_end_date_success prev_execution_date prev_start_date_success task_state_store
    triggering_asset_events
    """.split()
)
#: What a run's dates are called in the context, those of Airflow 2 among them.
NAMES_OF_DATES = frozenset(
    """
    data_interval_end data_interval_start ds ds_nodash execution_date logical_date next_ds next_ds_nodash
    next_execution_date prev_ds prev_ds_nodash prev_execution_date task_instance_key_str tomorrow_ds
    tomorrow_ds_nodash ts ts_nodash ts_nodash_with_tz yesterday_ds yesterday_ds_nodash
    """.split()
)
#: Those that a run itself has (``dag_run.logical_date``).
DATES_OF_RUNS = frozenset({"data_interval_end", "data_interval_start", "execution_date", "logical_date"})
_PARTITION = frozenset({"partition_date", "partition_key"})
#: What functions call the context, if not by the name of their own ``**`` parameter.
_CONTEXTS = frozenset({"context", "ctx", "kwargs"})
#: What has attributes of its own in the context, and what the function's stand-in for it is.
_STAND_INS = {"dag_run": DagRun, "ti": TaskInstance, "task_instance": TaskInstance}
#: What a template names that asks any of this.
_MAY_BE_ASKED = re.compile(rf"\b(?:{'|'.join((*_KNOWN_TO_AIRFLOW, *_STAND_INS))})\b")
_JINJA = Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"])  # noqa: S701 - only parsed


def asked_of_airflow(function: ast.AST) -> Iterator[str]:
    """Yield what a function asks of the context that only Airflow has: dotted names, as a reader knows them.

    ``context["conn"]``, a parameter ``inlet_events``, ``dag_run.get_task_instances``. Not seen is what other
    variables hold.
    """
    for node in nodes_of(function):
        name = node.arg if isinstance(node, ast.arg) else _key(node)
        if name in _KNOWN_TO_AIRFLOW:
            yield f"the context's {name}"
        if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
            owner = node.value.id if isinstance(node.value, ast.Name) else _key(node.value)
            if owner in _STAND_INS and node.attr not in _attributes(_STAND_INS[owner]):
                yield f"{owner}.{node.attr}"


def asked_of_airflow_in(template: str) -> Iterator[str]:
    """Yield what a template asks of the context that only Airflow has; nothing for what is no template."""
    if "{" not in template or not _MAY_BE_ASKED.search(template):
        return
    try:
        tree = _JINJA.parse(template)
    except TemplateSyntaxError:
        return  # said when it is rendered, as in Airflow
    names = list(tree.find_all(nodes.Name))
    set_inside = {name.name for name in names if name.ctx != "load"}
    for name in names:
        if name.name in _KNOWN_TO_AIRFLOW - set_inside:
            yield f"the context's {name.name}"
    for found in tree.find_all(nodes.Getattr):
        owner = found.node.name if isinstance(found.node, nodes.Name) else ""
        if owner in _STAND_INS.keys() - set_inside and found.attr not in _attributes(_STAND_INS[owner]):
            yield f"{owner}.{found.attr}"


def _key(node: ast.AST) -> str | None:
    """Return the text in ``name["text"]``."""
    if isinstance(node, ast.Subscript) and isinstance(node.value, ast.Name):
        key = node.slice.value if isinstance(node.slice, ast.Constant) else None
        return key if isinstance(key, str) else None
    return None


@cache
def _attributes(stand_in: type) -> frozenset[str]:
    return frozenset(dir(stand_in)) | {item.name for item in fields(stand_in)}


def asks_for_partition(function: ast.AST) -> bool:
    """Whether a function asks for the run's partition, anywhere."""
    for node in nodes_of(function):
        name = node.arg if isinstance(node, ast.arg) else _key(node)
        if name in _PARTITION or (isinstance(node, ast.Attribute) and node.attr in _PARTITION):
            return True
    return False


def asks_for_dates(function: ast.AST) -> bool:
    """Whether a function asks for the run's dates: a parameter, ``context["ds"]``, ``run.logical_date``."""
    contexts = set(_CONTEXTS)
    for node in nodes_of(function):
        if isinstance(node, ast.arguments):
            parameters = {item.arg for item in (*node.posonlyargs, *node.args, *node.kwonlyargs)}
            if parameters & NAMES_OF_DATES:
                return True
            contexts |= {node.kwarg.arg} if node.kwarg else set()
    return any(_is_date(node, contexts) for node in nodes_of(function))


def _is_date(node: ast.AST, contexts: set[str]) -> bool:
    if isinstance(node, ast.Attribute) and isinstance(node.ctx, ast.Load):
        return node.attr in DATES_OF_RUNS
    owner: ast.AST | None = None
    key: ast.AST | None = None
    if isinstance(node, ast.Subscript):
        owner, key = node.value, node.slice
    elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "get" and node.args:
        owner, key = getattr(node.func, "value", None), node.args[0]
    of_context = (isinstance(owner, ast.Name) and owner.id in contexts) or (
        isinstance(owner, ast.Call) and getattr(owner.func, "id", "") == "get_current_context"
    )
    return of_context and isinstance(key, ast.Constant) and key.value in NAMES_OF_DATES
