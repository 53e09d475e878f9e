"""What a callable's source says: which XComs it pulls, what it needs of Airflow, which modules it uses.

Followed are the functions and classes that it names, in its own file and in local modules. What cannot be
seen (a task id that is computed, code in another package) is caught when the task runs: the function then
says what is missing.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from converter.task_runtime import hook_uses
from converter.task_runtime.context_uses import asked_of_airflow, asks_for_dates, asks_for_partition
from converter.task_runtime.local_files import LocalFile, files_in_code
from converter.task_runtime.local_modules import (
    Imported,
    Module,
    dag_module_name,
    find_module,
    parsed,
    search_folders,
)
from converter.task_runtime.syntax import nodes_of

_LAMBDA_LINE = re.compile(r" \(line (\d+)\)$")
#: What a task may name of Airflow: what the function has, and what is named in annotations, compared, or
#: imported for other tasks (using it is an error when it happens). Operators can be made, and not be run.
PROVIDED = frozenset(
    """
    AirflowException AirflowFailException AirflowNotFoundException AirflowSensorTimeout AirflowSkipException
    AirflowTaskTimeout Asset AssetAlias AssetAll AssetAny BaseOperator BaseSensorOperator Context DAG
    DagRunState Dataset DatasetAlias Label Metadata Param PokeReturnValue State TaskGroup TaskInstanceState
    TriggerRule Variable XComArg XComNotFound apply_defaults asset chain chain_linear cross_downstream dag
    days_ago get_current_context literal macros setup task task_group teardown
    """.split()
)

#: What a task notes about the assets that it updates, nobody reads here.
_NOTES = frozenset({"outlet_events"})


@dataclass(frozen=True)
class Facts:
    """What a callable's source says.

    ``pulled`` are the ids of the tasks whose XComs it pulls; ``pulls_unseen``, whether there are others that
    cannot be seen; ``pulls_of_any``, whether it pulls some without saying from which task; ``of_airflow``,
    what it uses of Airflow that the function does not have (dotted names); ``modules``, the names that it
    imports from modules that are not local; ``notes_assets``, whether it notes something about the assets
    that it updates; ``uses_dates``, whether it asks for the run's dates; ``uses_partition``, for its
    partition; ``hooks``, Airflow's hooks that it makes, by their classes; ``files``, files of the machine.
    """

    pulled: tuple[str, ...] = ()
    pulls_unseen: bool = False
    pulls_of_any: bool = False
    may_skip: bool = False
    uses_variables: bool = False
    of_airflow: tuple[str, ...] = ()
    modules: tuple[Imported, ...] = ()
    notes_assets: bool = False
    uses_dates: bool = False
    uses_partition: bool = False
    hooks: tuple[str, ...] = ()
    files: tuple[LocalFile, ...] = ()


def facts_of(description: str, file: Path) -> Facts | None:
    """Return what the source of a callable says, None if it is not found.

    ``description`` is ``module.name``, as the text of an Opaque has it; ``file`` is the file that made the
    task.
    """
    folders = search_folders(file)
    name = description.partition("(")[0].rstrip()
    found = _definition(description, file, folders)
    if found is not None:
        return _Reader(folders).read(*found)
    module, _, attribute = name.rpartition(".")
    top_level = name.partition(".")[0]
    if not module or top_level == dag_module_name(file) or find_module(top_level, folders):
        return None
    # Code of another package: it has to be there, and knows nothing of XComs.
    return Facts(modules=(Imported(module, attribute),))


def definitions_of(description: str, file: Path) -> tuple[ast.AST, ...]:
    """Return what defines a callable in the author's files: several where the line has several lambdas."""
    found = _definition(description, file, search_folders(file))
    return found[1] if found else ()


def defines_method(description: str, method: str, file: Path) -> bool:
    """Return whether the author's files define a class (``module.name``), and in it a method."""
    found = _definition(description, file, search_folders(file))
    return found is not None and any(
        isinstance(item, (ast.FunctionDef, ast.AsyncFunctionDef)) and item.name == method
        for node in found[1]
        if isinstance(node, ast.ClassDef)
        for item in node.body
    )


def _definition(
    description: str, file: Path, folders: tuple[Path, ...]
) -> tuple[Module, tuple[ast.AST, ...]] | None:
    line = _LAMBDA_LINE.search(description)
    parts = description.partition("(")[0].rstrip().split(".")
    for length in range(len(parts) - 1, 0, -1):
        name = ".".join(parts[:length])
        place = file if name == dag_module_name(file) else find_module(name, folders)
        module = parsed(place, name) if place else None
        if module is None:
            continue
        if line:
            nodes: tuple[ast.AST, ...] = tuple(
                node
                for node in nodes_of(module.tree)
                if isinstance(node, ast.Lambda) and node.lineno == int(line[1])
            )
        else:
            nodes = module.definitions.get(parts[-1], ())
        if nodes:
            return module, nodes
    return None


class _Reader:
    """Collects what is said by a definition and all that it leads to."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._pulled: dict[str, None] = {}
        self._pulls_unseen = False
        self._pulls_of_any = False
        self._may_skip = False
        self._uses_variables = False
        self._of_airflow: dict[str, None] = {}
        self._notes_assets = False
        self._modules: dict[Imported, None] = {}
        self._hooks: dict[str, None] = {}
        self._files: dict[LocalFile, None] = {}

    def read(self, module: Module, nodes: tuple[ast.AST, ...]) -> Facts:
        """Return the facts of the nodes."""
        for name in (name for node in nodes for name in asked_of_airflow(node)):
            self._of_airflow[name] = None
        waiting = [(module, node) for node in nodes]
        seen: set[int] = set()
        while waiting:
            home, node = waiting.pop()
            if id(node) not in seen:
                seen.add(id(node))
                self._note_pulls(home, node)
                self._files |= dict.fromkeys(files_in_code(node, home))
                self._note_uses_of_hooks(home, node)
                waiting += [pair for name in _names_used(node) for pair in self._led_to(home, name)]
        return Facts(
            tuple(self._pulled),
            self._pulls_unseen,
            self._pulls_of_any,
            self._may_skip,
            self._uses_variables,
            tuple(self._of_airflow),
            tuple(self._modules),
            self._notes_assets or any(_NOTES & set(_words(node)) for node in nodes),
            any(asks_for_dates(node) for node in nodes),
            any(asks_for_partition(node) for node in nodes),
            tuple(self._hooks),
            tuple(self._files),
        )

    def _led_to(self, module: Module, name: str) -> Iterator[tuple[Module, ast.AST]]:
        """Yield the definitions that a name, maybe with attributes, leads to; note what is not local."""
        first, *attributes = name.split(".")
        if first in module.definitions:
            yield from ((module, node) for node in module.definitions[first])
        elif first in module.assignments:
            made = hook_uses.made_by(module.assignments[first])
            if made and attributes:
                self._note_use(module, made, attributes[0])
            yield module, module.assignments[first]
        elif imported := module.imports.get(first):
            local = self._local(imported, attributes)
            if local:
                other, attribute = local
                yield from ((other, node) for node in other.definitions.get(attribute, ()))
                if attribute in other.assignments:
                    yield other, other.assignments[attribute]
            elif imported.top_level == "airflow":
                self._note_airflow(imported, attributes)
            elif not find_module(imported.top_level, self._folders):
                self._modules[imported] = None

    def _local(self, imported: Imported, attributes: list[str]) -> tuple[Module, str] | None:
        """Return the local module, and the name in it, that an import and the attributes after it lead to."""
        path = [*imported.module.split("."), *filter(None, [imported.attribute]), *attributes]
        for length in range(len(path) - 1, 0, -1):
            name = ".".join(path[:length])
            place = find_module(name, self._folders)
            module = parsed(place, name) if place else None
            if module:
                return module, path[length]
        return None

    def _note_airflow(self, imported: Imported, attributes: list[str]) -> None:
        names = [*filter(None, [imported.attribute]), *attributes]
        self._may_skip |= "AirflowSkipException" in names
        self._uses_variables |= "Variable" in names
        self._notes_assets |= "Metadata" in names
        self._hooks |= {name: None for name in names if hook_uses.is_hook(name)}
        known = any(
            name in PROVIDED or hook_uses.is_hook(name) or name.endswith(("Exception", "Error"))
            for name in names
        )
        if names and not known:
            self._of_airflow[".".join([imported.module, *names])] = None

    def _note_uses_of_hooks(self, module: Module, node: ast.AST) -> None:
        for made, attribute in hook_uses.attributes_of_made(node):
            self._note_use(module, made, attribute)

    def _note_use(self, module: Module, made: str, attribute: str) -> None:
        """Note an attribute of a hook, if ``made`` names one, that the function's hook does not have."""
        first, *others = made.split(".")
        imported = module.imports.get(first)
        name = others[-1] if others else imported.attribute if imported else None
        of_airflow = imported is not None and imported.top_level == "airflow"
        if of_airflow and name and hook_uses.is_hook(name) and hook_uses.lacks(name, attribute):
            self._of_airflow[f"{name}.{attribute}"] = None

    def _note_pulls(self, module: Module, node: ast.AST) -> None:
        for call in nodes_of(node):
            if isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "xcom_pull":
                tasks = pulled_tasks(call, module)
                self._pulls_unseen |= tasks is None
                self._pulls_of_any |= tasks == ()
                self._pulled.update(dict.fromkeys(tasks or ()))


def pulled_tasks(call: ast.Call, module: Module | None = None) -> tuple[str, ...] | None:
    """Return the ids of the tasks that a call of ``xcom_pull`` names, none if it names none.

    None if they are computed.
    """
    given: ast.expr | None = call.args[0] if call.args else None
    for keyword in call.keywords:
        if keyword.arg == "task_ids":
            given = keyword.value
        elif keyword.arg is None:
            return None
    if given is None:
        return ()
    if isinstance(given, ast.Name) and module:
        given = module.assignments.get(given.id, given)
    try:
        value = ast.literal_eval(given)
    except ValueError:
        return None
    if value is None:
        return ()
    several = value if isinstance(value, (list, tuple, set)) else [value]
    return tuple(several) if all(isinstance(item, str) for item in several) else None


def _words(function: ast.AST) -> Iterator[str]:
    """Yield the names of parameters and the texts in a function."""
    for node in nodes_of(function):
        if isinstance(node, ast.arg):
            yield node.arg
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


@lru_cache(maxsize=256)
def _names_used(node: ast.AST) -> tuple[str, ...]:
    """Return the names, with their attributes, that are used and not bound inside; annotations excepted."""
    visitor = _Names()
    visitor.visit(node)
    return tuple(name for name in visitor.used if name.partition(".")[0] not in visitor.bound)


class _Names(ast.NodeVisitor):
    def __init__(self) -> None:
        self.used: dict[str, None] = {}
        self.bound: set[str] = set()

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.used[node.id] = None
        else:
            self.bound.add(node.id)

    def visit_Attribute(self, node: ast.Attribute) -> None:
        names: list[str] = []
        inner: ast.expr = node
        while isinstance(inner, ast.Attribute):
            names.append(inner.attr)
            inner = inner.value
        if isinstance(inner, ast.Name) and isinstance(inner.ctx, ast.Load):
            self.used[".".join([inner.id, *reversed(names)])] = None
        else:
            self.visit(inner)

    def visit_arg(self, node: ast.arg) -> None:
        self.bound.add(node.arg)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        self.visit(node.target)
        if node.value:
            self.visit(node.value)

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        # Neither annotations nor decorators (which may be Airflow's own) are used when it is called.
        self.visit(node.args)
        for statement in node.body:
            self.visit(statement)

    def visit_AsyncFunctionDef(self, node: ast.AsyncFunctionDef) -> None:
        self.visit_FunctionDef(node)
