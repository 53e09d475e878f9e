"""The stages in order: DAG file → Workflow → Plan → Machine → Bundle."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from converter import diagnostics as d
from converter.asl.budget import LIMITS, Limits
from converter.asl.fitting import emit_fitting
from converter.asl.machine import Machine
from converter.asl.options import Failures, Options
from converter.asl.tasks import rounding_problems
from converter.checks import problems_of
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag, refuses
from converter.loading import of_stand_ins
from converter.operators import steps_of
from converter.operators.arguments import task_diagnostic
from converter.operators.settings import dag_problems
from converter.packaging import write_bundle
from converter.planning import Plan, plan_workflow
from converter.planning.durations import NO_DURATIONS, ExpectedDurations
from converter.report import conversion_json, conversion_markdown
from converter.workflow import Workflow


@dataclass(frozen=True)
class Conversion:
    """What became of one DAG. Without a machine, something was refused: the diagnostics say what."""

    workflow: Workflow
    options: Options
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None
    machine: Machine | None = None

    @property
    def refused(self) -> bool:
        """Whether the DAG was not converted."""
        return self.machine is None


def convert(
    workflow: Workflow,
    options: Options,
    *,
    durations: Mapping[str, float] | None = None,
    limits: Limits = LIMITS,
) -> Conversion:
    """Convert one workflow as far as it goes, and report every problem.

    ``durations``: task → the seconds that it is expected to run, see :func:`converter.planning.plan_graph`.
    ``limits`` are what one machine may be: a DAG that needs more is converted to several.
    """
    if workflow.settings.get("fail_fast"):
        # The first failure ends the run: what runs fails, what waits is skipped.
        options = replace(options, failures=Failures.STOP)
    steps, problems = steps_of(workflow, options.variables)
    found = [*of_stand_ins(workflow), *_unusable_id(workflow), *dag_problems(workflow), *problems]
    found += _teardowns_that_would_not_run(workflow, options)
    found += [problem for task in workflow.tasks for problem in rounding_problems(task)]
    if refuses(found):
        return Conversion(workflow, options, tuple(found))
    plan = plan_workflow(workflow, durations)
    machine, more = emit_fitting(workflow, plan, steps, options, limits)
    found += more
    if not refuses(found):
        found += [
            replace(item, dag_id=workflow.dag_id, location=workflow.location)
            for item in (
                *problems_of(
                    machine.definition, {child.number: child.definition for child in machine.children}
                ),
                *(problems_of(machine.outer) if machine.outer else ()),
            )
        ]
    if refuses(found):
        return Conversion(workflow, options, tuple(found), plan)
    return Conversion(workflow, options, tuple(found), plan, machine)


def convert_all(
    workflows: Iterable[Workflow],
    options: Options,
    out: Path,
    *,
    durations: ExpectedDurations = NO_DURATIONS,
) -> Iterator[tuple[Conversion, Path | None]]:
    """Convert each workflow and write its bundle below ``out``; yield it with the bundle's folder.

    One DAG's problems stop no other. Without a folder, the DAG was refused and nothing was written for it.
    """
    for workflow in workflows:
        conversion = convert(workflow, options, durations=durations.of(workflow.dag_id))
        written = None
        try:
            written = write(conversion, out) if conversion.machine else None
        except Dag2SfnError as error:
            conversion = replace(conversion, diagnostics=(*conversion.diagnostics, *error.diagnostics))
        yield conversion, written


def write(conversion: Conversion, out: Path) -> Path:
    """Write the bundle of a conversion that was not refused; return its folder, ``out/<dag_id>``.

    Raises Dag2SfnError if the folder is something else, or the machine needs too many permissions.
    """
    if conversion.machine is None:
        raise ValueError(f"DAG '{conversion.workflow.dag_id}' was refused")
    directory = out / conversion.workflow.dag_id
    return write_bundle(
        directory,
        conversion.workflow,
        conversion.machine,
        conversion.options,
        extra_files={
            "conversion.json": conversion_json(conversion.workflow, conversion.diagnostics),
            "REPORT.md": conversion_markdown(conversion.workflow, conversion.plan, conversion.diagnostics),
        },
    )


def _teardowns_that_would_not_run(workflow: Workflow, options: Options) -> list[Diagnostic]:
    """A failure that ends the execution ends it before its teardowns."""
    if options.failures is not Failures.STOP:
        return []
    remedy = "leave out fail_fast, or convert with --failures airflow"
    problem = "the teardown would not run after a failure, which ends the execution"
    return [
        task_diagnostic(d.TEARDOWN_CUT_OFF, task, problem, remedy)
        for task in workflow.tasks
        if task.is_teardown
    ]


def _unusable_id(workflow: Workflow) -> list[Diagnostic]:
    """Airflow allows the ids '.' and '..', which would lead out of the output folder."""
    if workflow.dag_id.strip("."):
        return []
    return [about_dag(workflow, d.BAD_DAG_ID, "the id is no name for a folder", "use letters in the id")]
