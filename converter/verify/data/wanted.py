"""What the templates of a DAG ask for: members of XComs, of the run's conf, of its params."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import islice, product
from typing import Any

from converter.expansion import SourceKind
from converter.verify.data.calls import as_if_written
from converter.workflow import GROUP_ARGUMENT, Opaque, Task, Workflow, atoms

#: Where values come from: ``("xcom", task, key)``, ``("conf",)``, ``("params",)``.
Origin = tuple[str, ...]
RETURN_VALUE = "return_value"
#: Filters that take a list.
_OF_LISTS = frozenset({"join", "first", "last", "length", "count"})
_XCOM_ARG = re.compile(r"PlainXComArg$")


@dataclass
class Shape:
    """What readers take a value for: an object with these members, or a list, or neither (a scalar).

    ``is_whole``: none of the members may be left out.
    """

    members: dict[str, Shape] = field(default_factory=dict)
    is_list: bool = False
    is_whole: bool = False

    def at(self, names: list[Any]) -> Shape:
        """Return the shape of what is at a path, which is noted."""
        found = self
        for name in names:
            if isinstance(name, int):
                found.is_list = True
                return found
            found = found.members.setdefault(str(name), Shape())
        return found


#: How many shapes of a row are tried: of many arguments there are too many.
_MOST_TRIED = 243
#: What an argument may be, with an example, the plainest first.
_CANDIDATES: tuple[tuple[Shape, Any], ...] = (
    (Shape(), "text"),
    (Shape({"--key": Shape()}), {"--key": "text"}),
    (Shape(is_list=True), ["text"]),
)


def shapes_of(workflow: Workflow) -> dict[Origin, Shape]:
    """Return what the DAG's templates ask for, by where it comes from."""
    found: dict[Origin, Shape] = {}
    for task in workflow.tasks:
        for text in _templates(task):
            for origin, names, is_list in _asked(text):
                shape = found.setdefault(origin, Shape()).at(names)
                shape.is_list |= is_list
    return found


def item_shapes(workflow: Workflow) -> dict[str, Shape]:
    """Return task → of what shape the items are that others are expanded over, as far as operators care."""
    found: dict[str, Shape] = {}
    for task in workflow.tasks:
        for name, source in task.expansion.arguments.items() if task.expansion else ():
            if source.kind is SourceKind.XCOM and source.task_id not in found:
                fitting = (
                    shape
                    for shape, example in _CANDIDATES
                    if as_if_written(task, _given(task, name, example), workflow)
                )
                found[source.task_id] = next(fitting, Shape())
        rows = task.expansion.rows if task.expansion else None
        if rows is not None and task.expansion and task.expansion.names:
            shape = _row(task, task.expansion.names, workflow)
            found |= dict.fromkeys(rows.task_ids(), shape)
    return found


def _row(task: Task, names: tuple[str, ...], workflow: Workflow) -> Shape:
    """Return the shape of a dict that gives a task these arguments: the plainest, among the first of all."""
    for chosen in islice(product(_CANDIDATES, repeat=len(names)), _MOST_TRIED):
        given = {name: example for name, (_, example) in zip(names, chosen, strict=True)}
        if as_if_written(task, {**task.arguments, **given}, workflow):
            members = {name: shape for name, (shape, _) in zip(names, chosen, strict=True)}
            return Shape(members, is_whole=True)
    return Shape(dict.fromkeys(names, Shape()), is_whole=True)


def _given(task: Task, name: str, example: Any) -> dict[str, Any]:
    """Return a task's arguments with an example of what it, or its mapped group, is expanded over."""
    if not task.mapped_group:
        return {**task.arguments, name: example}
    given: dict[str, Any] = replaced(task.arguments, lambda found: example if found == name else None)
    return given


def replaced(value: Any, given: Callable[[str], Any]) -> Any:
    """Return a value with what is ``given`` by their names in place of the arguments of a mapped group."""
    if isinstance(value, Opaque) and value.kind == GROUP_ARGUMENT:
        return given(value.text)
    if isinstance(value, Mapping):
        return {key: replaced(item, given) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [replaced(item, given) for item in value]
    return value


def _templates(task: Task) -> Iterator[str]:
    given = [value for name, value in task.arguments.items() if name in task.template_fields]
    if task.expansion:
        given += [source.value for source in task.expansion.sources]
    for item in atoms(given):
        if isinstance(item, str) and "{" in item:
            yield item
        elif isinstance(item, Opaque) and _XCOM_ARG.search(item.kind):
            yield item.text


@lru_cache(maxsize=1024)
def _asked(text: str) -> tuple[tuple[Origin, list[Any], bool], ...]:
    """Return what a template asks for: its origin, the path in it, whether it is taken for a list."""
    from jinja2 import Environment, TemplateSyntaxError, nodes

    try:
        tree = Environment(extensions=["jinja2.ext.do"], autoescape=False).parse(text)  # noqa: S701 - not rendered
    except TemplateSyntaxError:
        return ()
    found: list[tuple[Origin, list[Any], bool]] = []
    for node in tree.find_all((nodes.Getattr, nodes.Getitem, nodes.Call, nodes.Filter, nodes.For)):
        is_list = isinstance(node, nodes.For) or (
            isinstance(node, nodes.Filter) and node.name in _OF_LISTS and node.node is not None
        )
        inner = node.iter if isinstance(node, nodes.For) else getattr(node, "node", None)
        asked = inner if is_list else node
        found += [(*place, is_list) for place in _places(asked)]
    return tuple(found)


def _places(node: Any) -> list[tuple[Origin, list[Any]]]:
    from jinja2 import nodes

    if isinstance(node, nodes.Name):
        return [(("params",), [])] if node.name == "params" else []
    if isinstance(node, nodes.Getattr):
        if node.attr == "conf" and isinstance(node.node, nodes.Name) and node.node.name == "dag_run":
            return [(("conf",), [])]
        return [(origin, [*names, node.attr]) for origin, names in _places(node.node)]
    if isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Const):
        return [(origin, [*names, node.arg.value]) for origin, names in _places(node.node)]
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Getattr):
        return _called(node)
    return []


def _called(call: Any) -> list[tuple[Origin, list[Any]]]:
    from jinja2.nodes import Const

    if call.node.attr == "xcom_pull":
        return _pulled(call)
    if call.node.attr == "get" and call.args and isinstance(call.args[0], Const):
        return [(origin, [*names, call.args[0].value]) for origin, names in _places(call.node.node)]
    return []


def _pulled(call: Any) -> list[tuple[Origin, list[Any]]]:
    from jinja2.nodes import Impossible

    given = {item.key: item.value for item in call.kwargs}
    tasks = given.get("task_ids", call.args[0] if call.args else None)
    key = given.get("key", call.args[2] if len(call.args) > 2 else None)
    try:
        ids = tasks.as_const() if tasks is not None else []
        name = key.as_const() if key is not None else RETURN_VALUE
    except Impossible:
        return []
    return [(("xcom", task, name), []) for task in ([ids] if isinstance(ids, str) else ids)]
