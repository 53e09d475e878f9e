"""What the user is told about DAG files that cannot be read, and what to do about it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from converter import diagnostics
from converter.diagnostics import Diagnostic
from converter.loading.reader import DagRead, Failure, FileRead
from converter.loading.remedies import remedy_for
from converter.workflow import Location, StandIn, StandInKind


def of_failure(read: FileRead, failure: Failure, timeout: float) -> Diagnostic:
    """Return the message about a DAG file that could not be read. ``timeout`` is the limit in seconds."""
    importer = f" (imported by {read.file})" if failure.location.file != read.file else ""
    output = f" (its last output: {failure.output})" if failure.output else ""
    if failure.kind == "raised":
        return Diagnostic(
            diagnostics.FILE_RAISES,
            f"{failure.error}{importer}",
            remedy_for(failure.error) or _values_to_give(read.stand_ins),
            location=failure.location,
        )
    if failure.kind == "syntax":
        return Diagnostic(
            diagnostics.FILE_SYNTAX, f"syntax error: {failure.error}{importer}", location=failure.location
        )
    if failure.kind == "packed":
        return Diagnostic(
            diagnostics.FILE_PACKED,
            "DAG files in a zip archive are not read",
            "unpack it, or list it in .airflowignore",
            location=failure.location,
        )
    if failure.kind == "no_dag":
        return _of_no_dag_here(read, failure)
    if failure.kind == "overdue":
        return Diagnostic(
            diagnostics.FILE_OVERDUE,
            f"still being imported after {timeout:g} s{output}",
            "take slow work out of the file's top level, or raise the time limit",
            location=failure.location,
        )
    return Diagnostic(
        diagnostics.FILE_EXITS,
        f"ended Python while it was imported: {failure.error}{importer}{output}",
        "a DAG file must only define DAGs; put what ends the process under `if __name__ == '__main__':`",
        location=failure.location,
    )


def _of_no_dag_here(read: FileRead, failure: Failure) -> Diagnostic:
    """Return the message about a file that defines no DAG here, and may define one elsewhere."""
    missing = [item.name for item in read.stand_ins if item.kind is StandInKind.MISSING_MODULE]
    module = next((name for name in missing if failure.error.startswith(f"{name}.")), "")
    if failure.error:
        problem = f"the file defines no DAG here: {failure.error} may be one, and is unknown"
    else:
        problem = "the file defines no DAG here: this line, which makes one, is not reached"
        decides = [item for item in read.stand_ins if item.kind is StandInKind.UNKNOWN_DECIDES]
        if not decides:
            problem += ", or no variable of the file keeps it"
        # Where there are several, most likely a loop.
        for item in sorted(decides, key=lambda item: "iterated" not in item.detail)[:1]:
            problem += f", as {item.name} {item.detail}"
    remedy = "give what the file goes by: files where it looks for them, values, what it imports"
    if module:
        remedy = f"install '{module}' beside Airflow, or add the folder that holds it to PYTHONPATH"
    elif of_variables := _values_to_give(read.stand_ins):
        remedy = of_variables
    return Diagnostic(diagnostics.NO_DAG, problem, remedy, location=failure.location)


def _values_to_give(stand_ins: Sequence[StandIn]) -> str:
    """Return what to do where the error may come from a placeholder in the place of a Variable's value."""
    names = [f"'{item.name}'" for item in stand_ins if item.kind is StandInKind.VARIABLE]
    if not names:
        return ""
    several = "s" if len(names) > 1 else ""
    return f"give the value{several} of the Variable{several} {', '.join(names)} with --variables"


def of_missing_path(path: Path) -> Diagnostic:
    """Return the message about a path that is neither a folder nor a Python file."""
    problem = "is not a Python file" if path.exists() else "no such file or folder"
    return Diagnostic(
        diagnostics.PATH_NOT_READABLE,
        problem,
        "give a DAG file (.py) or a folder of them",
        location=Location(path.as_posix()),
    )


def of_unusable_airflow(reason: str, python: str) -> Diagnostic:
    """Return the message about an interpreter without an Airflow that can be used."""
    return Diagnostic(
        diagnostics.AIRFLOW_UNUSABLE,
        f"Airflow 2.11, 3.1 or newer is needed to read DAG files; {python} has none that works: {reason}",
        "install it there: `pip install '.[airflow]'` in the checkout of dag2sfn",
    )


def of_unlistable_folder(path: Path, reason: str, one_folder: Sequence[str]) -> Diagnostic:
    """Return the message about a folder whose files Airflow cannot list.

    ``one_folder`` are two paths that lead to the same folder, if that is the reason.
    """
    ignore_file = (path / ".airflowignore").as_posix()
    if one_folder:
        first, second = one_folder
        problem = f"'{first}' and '{second}' are the same folder, and Airflow refuses to read a folder twice"
        remedy = f"list one of them in {ignore_file}"
    else:
        problem = f"Airflow cannot list the files of the folder: {reason}"
        remedy = f"mend {ignore_file}, or that of a folder below"
    return Diagnostic(diagnostics.FOLDER_UNLISTABLE, problem, remedy, location=Location(path.as_posix()))


def of_no_dag(path: Path) -> Diagnostic:
    """Return the message about a file or folder that defines no DAG."""
    problem = "no file of this folder defines a DAG" if path.is_dir() else "the file defines no DAG"
    return Diagnostic(
        diagnostics.NO_DAG,
        problem,
        "assign the DAG to a global variable, use it in a `with` block, or call the `@dag` function",
        location=Location(path.as_posix()),
    )


def of_unknown_dag_id(dag_id: str, known: Sequence[str], path: Path) -> Diagnostic:
    """Return the message about a DAG id that was asked for and is not there."""
    remedy = f"the ids are: {', '.join(known)}" if known else ""
    return Diagnostic(
        diagnostics.UNKNOWN_DAG_ID,
        f"no DAG has the id '{dag_id}'",
        remedy,
        location=Location(path.as_posix()),
        dag_id=dag_id,
    )


def of_dag(dag: DagRead) -> Diagnostic:
    """Return the message about a DAG that has a cycle or is invalid."""
    if dag.cycle:
        return Diagnostic(
            diagnostics.CYCLE,
            f"DAG '{dag.dag_id}' has a cycle: {' >> '.join(dag.cycle)}",
            "remove one of these dependencies",
            location=dag.location,
            dag_id=dag.dag_id,
        )
    return Diagnostic(
        diagnostics.DAG_INVALID,
        f"DAG '{dag.dag_id}' is invalid: {dag.invalid}",
        location=dag.location,
        dag_id=dag.dag_id,
    )


def place_of(read: FileRead, dag: DagRead) -> str:
    """Return where a DAG is: it may be made in another file than the one that defines it for Airflow."""
    return str(dag.location) if dag.location.file == read.file else f"{read.file} (made at {dag.location})"


def of_duplicate(dag: DagRead, first_place: str) -> Diagnostic:
    """Return the message about a DAG whose id another one, at ``first_place``, had before."""
    return Diagnostic(
        diagnostics.DUPLICATE_DAG_ID,
        f"another DAG has the id '{dag.dag_id}': {first_place}",
        "give each its own",
        location=dag.location,
        dag_id=dag.dag_id,
    )
