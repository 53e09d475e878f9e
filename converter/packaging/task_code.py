"""What the function that runs a DAG's Python tasks consists of.

dag2sfn_tasks/      the function itself (converter/task_runtime)
dag.json            which file and DAG it is, and the DAG's shape
dags/               the DAG file, the local modules that it imports, and data files that it names
plugins/            those of its environment's plugins
jinja2/, markupsafe/   only if a task may have a template
requirements.txt    only if a task needs other packages; `dag2sfn package` installs them into packages/
"""

from __future__ import annotations

import ast
import functools
import hashlib
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from importlib import metadata
from pathlib import Path

from converter import diagnostics as d
from converter.diagnostics import Dag2SfnError, about_dag
from converter.expansion import SourceKind
from converter.json_text import json_text
from converter.operators.python import calls_function
from converter.operators.step import Step
from converter.packaging.folders import Alike
from converter.task_runtime import SOURCE
from converter.task_runtime.callables import facts_of
from converter.task_runtime.local_modules import Imported, Module, local_modules, search_folders
from converter.task_runtime.plugins import plugins_for
from converter.task_runtime.syntax import nodes_of
from converter.task_runtime.third_party import MAKES_DATES, needs_of
from converter.workflow import Opaque, StandInKind, Task, Workflow, texts_in

REQUIREMENTS = "requirements.txt"
#: Folders that a DAG file names are taken along up to this size, in bytes; larger ones are no settings.
_LARGEST_DATA_FOLDER = 5 * 1024 * 1024
#: A relative path without hidden files (which hold secrets more often than settings), and not upwards.
_PATH = re.compile(r"\w[\w -]*(\.[\w -]+)*(/\w[\w -]*(\.[\w -]+)*){0,5}/?")
#: Arguments that hold functions.
_FUNCTIONS = ("python_callable", "output_processor", "response_check", "response_filter")
_TEMPLATE_LIBRARIES = ("jinja2", "markupsafe")
_TEMPLATE_MARKS = ("{{", "{%", "{#")
_JINJA_SETTINGS = ("jinja_environment_kwargs", "render_template_as_native_obj")


def runs_tasks(steps: Mapping[str, Step]) -> bool:
    """Whether one of the steps calls the function."""
    return any(calls_function(step) for step in steps.values())


def uses_variables(workflow: Workflow, steps: Mapping[str, Step], source: Mapping[str, str | bytes]) -> bool:
    """Whether the DAG file, a module of it or a task's template may ask for a Variable.

    ``source`` are the function's files.
    """
    if any("var." in text for text in texts_of_tasks(workflow, steps)):
        return True
    return any(map(_may_name_variables, source.values())) and any(
        "Variable" in module.imports for module in author_modules(workflow)
    )


def _may_name_variables(content: str | bytes) -> bool:
    """Whether a file is the author's and has the name in it: to look for imports takes longer.

    Python takes some other characters for the same letters.
    """
    if isinstance(content, Alike):
        return False
    written = content.encode() if isinstance(content, str) else content
    return b"Variable" in written or not written.isascii()


def texts_of_tasks(workflow: Workflow, steps: Mapping[str, Step]) -> Iterator[str]:
    """Yield the texts in the arguments of the tasks that the function runs, templates among them."""
    return _texts(_tasks(workflow, steps))


def author_modules(workflow: Workflow) -> tuple[Module, ...]:
    """Return the DAG file and the local modules that it imports. Raises Dag2SfnError (D266) without it."""
    return local_modules(_dag_file(workflow))


def task_files(workflow: Workflow, steps: Mapping[str, Step]) -> dict[str, bytes]:
    """Return the function's files: path → content. Raises Dag2SfnError (D266) without the DAG file."""
    dag_file = _dag_file(workflow)
    tasks = _tasks(workflow, steps)
    modules = local_modules(dag_file)
    places = _places(workflow)
    data = list(_data_files(modules, places))
    sources = {
        file: file.read_bytes()
        for file in dict.fromkeys([dag_file, *(module.file for module in modules), *data])
    }
    plugins = plugins_for(dag_file)
    root = _root(dag_file, modules, data, plugins)
    described = _described(workflow, dag_file.relative_to(root).as_posix())
    if inside := {
        name: os.path.relpath(_place(place, root, plugins), "dags")
        for name, place in places.items()
        if _is_in(place, root) or _is_in(place, plugins)
    }:
        described["places"] = inside
    files = {
        "dag.json": f"{json_text(described)}\n".encode(),
        **_runtime(),
        **{_place(file, root, plugins): content for file, content in sources.items()},
    }
    if _may_render(workflow, tasks, sources.values()):
        files |= _template_libraries()
    if lines := requirements(tasks, modules, dag_file, workflow.pins):
        pinned = "of its environment, or else those " if workflow.pins else ""
        header = (
            f"# What the DAG's Python tasks import, in the versions {pinned}with which it was converted.\n"
        )
        files[REQUIREMENTS] = (header + "".join(f"{line}\n" for line in lines)).encode()
    return dict(sorted(files.items()))


def requirements(
    tasks: Iterable[Task],
    modules: Iterable[Module],
    dag_file: Path,
    pins: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Return what the tasks need to be installed, as ``name==version``; ``pins`` go before what is here.

    That is what their functions use, what the DAG file uses while it is imported (but for dates), and
    whatever local modules import.
    """
    imports: list[Imported] = []
    for task in tasks:
        # Last, the class of an operator of the author's own.
        for name in (*_FUNCTIONS, *(() if task.operator.startswith("airflow.") else ("",))):
            function = task.arguments.get(name) if name else Opaque("class", task.operator)
            if isinstance(function, Opaque):
                facts = facts_of(function.text, Path(task.location.file))
                imports += facts.modules if facts else ()
    local = {module.name.partition(".")[0] for module in modules}
    for module in modules:
        is_dag_file = module.file == dag_file.absolute()
        imports += [
            imported
            for name, imported in module.imports.items()
            if imported.top_level not in local
            and imported.top_level not in MAKES_DATES
            and (not is_dag_file or name in module.used_at_import)
        ]
    return needs_of(imports, pins).requirements


def _may_render(workflow: Workflow, tasks: Sequence[Task], sources: Iterable[bytes]) -> bool:
    """Whether the function may have to render something with Jinja.

    It needs it for what has a mark of it, and for every text where the DAG has marks of its own, or where
    Jinja makes values of texts. An operator of the author's own, in one of the ``sources``, may have
    templates that are no arguments, and rows that a task gives may be anything.
    """
    settings = [workflow.settings, *(task.settings for task in tasks)]
    if any(found.get(name) for found in settings for name in _JINJA_SETTINGS):
        return True
    # What arguments are expanded over, Airflow does not render.
    rows = [task.expansion.rows for task in tasks if task.expansion and task.expansion.rows]
    if any(SourceKind.XCOM in source.kinds() for source in rows):
        return True
    values = [*(task.arguments for task in tasks), *(value for source in rows for value in source.values())]
    if any(mark in text for text in texts_in(values) for mark in _TEMPLATE_MARKS):
        return True
    has_own = any(not task.operator.startswith("airflow.") for task in tasks)
    marks = [mark.encode() for mark in (*(_TEMPLATE_MARKS if has_own else ()), "render_template")]
    return any(mark in source for source in sources for mark in marks)


def _tasks(workflow: Workflow, steps: Mapping[str, Step]) -> list[Task]:
    return [task for task in workflow.tasks if task.task_id in steps and calls_function(steps[task.task_id])]


def _described(workflow: Workflow, file: str) -> dict[str, object]:
    downstream: dict[str, list[str]] = {task.task_id: [] for task in workflow.tasks}
    for task in workflow.tasks:
        for upstream in task.upstream:
            downstream[upstream].append(task.task_id)
    mapped = {task.task_id for task in workflow.tasks if task.is_mapped}
    expanded_over = {
        name for task in workflow.tasks if task.expansion for name in task.expansion.task_ids()
    } - mapped
    return {
        "dag_id": workflow.dag_id,
        "file": file,
        "airflow_version": workflow.airflow_version,
        "tasks": {
            task.task_id: {
                "downstream": downstream[task.task_id],
                **({"teardown": True} if task.is_teardown else {}),
                **({"expanded_over": True} if task.task_id in expanded_over else {}),
            }
            for task in workflow.tasks
        },
        "task_groups": {name: list(roots) for name, roots in workflow.task_groups.items()},
    }


def _dag_file(workflow: Workflow) -> Path:
    """Return the DAG file. A DAG may be located in another file, which it was made in: a factory."""
    named = Path(workflow.location.file)
    if _is_the_dag_file(named, workflow):
        return Path(os.path.abspath(named))
    for folder in search_folders(named):
        for file in sorted(folder.rglob("*.py")):
            if _is_the_dag_file(file, workflow):
                return Path(os.path.abspath(file))
    raise Dag2SfnError(
        about_dag(
            workflow,
            d.DAG_FILE_CHANGED,
            f"{named} is not there any more, or has changed since it was read",
            "convert the DAG again",
        )
    )


def _is_the_dag_file(file: Path, workflow: Workflow) -> bool:
    try:
        stat = file.stat()
        return _digest(file.absolute(), stat.st_mtime_ns, stat.st_size) == workflow.source_hash
    except OSError:
        return False


@functools.lru_cache(maxsize=256)
def _digest(file: Path, modified: int, size: int) -> str:
    """Return the digest of a file as it is; several things are asked of each DAG's."""
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _root(dag_file: Path, modules: Iterable[Module], data: Iterable[Path], plugins: Path | None) -> Path:
    """Return the innermost folder around all that something is found from: modules by name, data files.

    Those of plugins left aside, which have a folder of their own.
    """
    needed = {module.file: module.found_from for module in modules} | {file: file.parent for file in data}
    needed[dag_file] = dag_file.parent
    return Path(os.path.commonpath([place for file, place in needed.items() if not _is_in(file, plugins)]))


def _place(file: Path, root: Path, plugins: Path | None) -> str:
    """Return where a file of the author's is in the function."""
    if plugins is not None and _is_in(file, plugins):
        return f"plugins/{file.relative_to(plugins).as_posix()}"
    return f"dags/{file.relative_to(root).as_posix()}"


def _is_in(file: Path, folder: Path | None) -> bool:
    return folder is not None and file.is_relative_to(folder)


def _places(workflow: Workflow) -> dict[str, Path]:
    """Return paths on Airflow's machines that the DAG file reads below, and what stands for each here."""
    return {
        item.name: Path(os.path.abspath(item.detail))
        for item in workflow.stand_ins
        if item.kind is StandInKind.PLACE
    }


def _data_files(modules: Iterable[Module], places: Mapping[str, Path]) -> Iterator[Path]:
    """Yield the files that a text in a module names: files beside it or in a folder above, folders beside it.

    A name without a dot could be any word, so that it counts only for a folder that is right there. A text
    may name a file by one of ``places``, or go on from it: ``f"{DAGS}/sql/load.sql"``.
    """
    for module in modules:
        folders = search_folders(module.file)
        for node in nodes_of(module.tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                text = node.value.strip()
                yield from _named_files(text, folders)
                for name, place in places.items():
                    if place.is_file() and text == name:
                        yield place
                    yield from _named_files(text.removeprefix(name).lstrip("/"), (place,))


def _named_files(text: str, folders: Sequence[Path]) -> Iterator[Path]:
    if not _PATH.fullmatch(text):
        return
    if os.path.isdir(beside := f"{folders[0]}/{text}"):
        inside = [file for file in Path(beside).rglob("*") if file.is_file() and file.suffix != ".pyc"]
        if sum(file.stat().st_size for file in inside) <= _LARGEST_DATA_FOLDER:
            yield from inside
    elif "." in text:
        yield from (folder / text for folder in folders if (folder / text).is_file())


def _texts(tasks: Iterable[Task]) -> Iterator[str]:
    return texts_in([task.arguments for task in tasks], of_objects=True)


@functools.cache
def _runtime() -> Mapping[str, Alike]:
    return {f"{SOURCE.name}/{file.name}": Alike(file.read_bytes()) for file in SOURCE.glob("*.py")}


@functools.cache
def _template_libraries() -> Mapping[str, Alike]:
    """Return the sources and licences of Jinja, as installed here: they are plain Python."""
    files: dict[str, Alike] = {}
    for name in _TEMPLATE_LIBRARIES:
        for file in metadata.distribution(name).files or ():
            is_source = file.parts[0] == name and file.suffix == ".py"
            if is_source or file.name.startswith("LICENSE"):
                files[f"{name}/{file.name}"] = Alike(Path(str(file.locate())).read_bytes())
    return files
