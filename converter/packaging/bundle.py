"""Writes the Bundle of one DAG: a folder with all that a deployment needs, and what people read first."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from converter import diagnostics as d
from converter.asl.machine import Machine
from converter.asl.options import Options
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag
from converter.json_text import json_text
from converter.packaging.child_machines import child_file
from converter.packaging.folders import remember_files, write_files
from converter.packaging.manifest import (
    CHILDREN,
    DEFINITION,
    FUNCTIONS,
    MANIFEST,
    OUTER_DEFINITION,
    REPORT,
    TEMPLATE,
    manifest_of,
)
from converter.packaging.policies import TooManyPermissionsError
from converter.packaging.poller_function import poller_files
from converter.packaging.starter_function import is_scheduled, starter_files
from converter.packaging.task_code import runs_tasks, task_files
from converter.packaging.template import Sources, template_text
from converter.workflow import Workflow


def write_bundle(
    directory: Path,
    workflow: Workflow,
    machine: Machine,
    options: Options,
    *,
    extra_files: Mapping[str, str | bytes] | None = None,
) -> Path:
    """Write the Bundle of a DAG as the folder ``directory``, and return it.

    ``extra_files`` (path in the folder → content) are written beside what a Bundle has anyway. A Bundle that
    is there is replaced as a whole, so that nothing stale is left; if anything fails, it stays as it was. The
    same arguments give the same bytes. Raises Dag2SfnError if the folder holds something else (D401), the
    machine needs more permissions than a role may have (D404), or the DAG file that its Python tasks need is
    not there any more (D266); OSError if it cannot be written.
    """
    return _put(directory, {**_files(workflow, machine, options), **(extra_files or {})})


def write_report(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    """Write the report of a DAG that was not converted in the place of its Bundle, and return the folder.

    An earlier Bundle there is replaced: what can be deployed is what the last conversion wrote. Raises
    Dag2SfnError if the folder holds something else (D401); OSError if it cannot be written.
    """
    return _put(directory, files)


def _put(directory: Path, files: Mapping[str, str | bytes]) -> Path:
    _leave_alone_what_is_no_bundle(directory)
    os.makedirs(directory.parent, exist_ok=True)
    # Beside it, not in the system's temporary folder: renaming works only within a file system.
    new = directory.with_name(f".{uuid4().hex}.new")
    old = new.with_suffix(".old")
    try:
        write_files(new, files)
        _replace(directory, new, old)
        remember_files(directory, files)
    finally:
        for folder in (new, old):
            if os.path.lexists(folder):
                shutil.rmtree(folder, ignore_errors=True)
    return directory


def _files(workflow: Workflow, machine: Machine, options: Options) -> dict[str, str | bytes]:
    sources = function_sources(workflow, machine)
    try:
        template = template_text(workflow, machine, sources)
    except TooManyPermissionsError as error:
        raise Dag2SfnError(
            about_dag(
                workflow, d.TOO_MANY_PERMISSIONS, f"the machine's permissions take {error}", "split the DAG"
            )
        ) from None
    files: dict[str, str | bytes] = {
        DEFINITION: json_text(machine.definition) + "\n",
        TEMPLATE: template,
        MANIFEST: json_text(manifest_of(workflow, machine, options).to_json()) + "\n",
    }
    files |= {
        f"{CHILDREN}/{child_file(child.number)}": json_text(child.definition) + "\n"
        for child in machine.children
    }
    if machine.outer is not None:
        files[OUTER_DEFINITION] = json_text(machine.outer) + "\n"
    for function, code in sources.items():
        files |= {f"{FUNCTIONS}/{function}/{name}": content for name, content in code.items()}
    return files


def function_sources(workflow: Workflow, machine: Machine) -> Sources:
    """Return the code of the functions that the machine needs. Raises Dag2SfnError (D266)."""
    sources: dict[str, Mapping[str, str | bytes]] = {}
    if machine.needs_poller:
        sources["poller"] = poller_files()
    if runs_tasks(machine.steps):
        sources["tasks"] = task_files(workflow, machine.steps)
    if is_scheduled(workflow):
        sources["starter"] = starter_files(workflow)
    return sources


def _leave_alone_what_is_no_bundle(directory: Path) -> None:
    if os.path.isdir(directory):
        ours = any((directory / name).is_file() for name in (MANIFEST, REPORT))
        spared = any(directory.iterdir()) and not ours
    else:
        spared = os.path.exists(directory)
    if spared:
        raise Dag2SfnError(
            Diagnostic(
                d.NOT_A_BUNDLE,
                f"{directory} exists and is no bundle, so it is not replaced",
                "give another output folder",
            )
        )


def _replace(directory: Path, new: Path, old: Path) -> None:
    """Put ``new`` in the place of ``directory``. No system call replaces a folder that is not empty."""
    if os.path.exists(directory):
        directory.rename(old)
    try:
        new.rename(directory)
    except OSError:
        if old.exists():
            old.rename(directory)
        raise
