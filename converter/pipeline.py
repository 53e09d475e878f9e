"""The stages in order: DAG file → Workflow → Plan → Machine → Bundle."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from converter import diagnostics as d
from converter.asl.budget import LIMITS, Limits
from converter.asl.distributing import with_distributed
from converter.asl.fitting import emit_fitting
from converter.asl.machine import Machine
from converter.asl.options import Failures, LongFunctions, Options, Pairs, VariablesFrom, Xcom
from converter.asl.records import cause_length
from converter.asl.tasks import rounding_problems
from converter.checks import problems_of
from converter.diagnostics import Dag2SfnError, Diagnostic, about_dag, refuses
from converter.loading import of_stand_ins
from converter.operators import Step, steps_of, with_pairs
from converter.operators.dates import date_problems
from converter.operators.extending import load_operators
from converter.operators.large_xcoms import kept_in_s3
from converter.operators.long_functions import capped
from converter.operators.settings import dag_problems
from converter.operators.shadowing import shadow_problems
from converter.operators.unsupported import refused_tasks, with_refusals
from converter.packaging import REPORT, write_bundle, write_report
from converter.packaging.companion import companion_file
from converter.packaging.function_variables import variable_problems
from converter.planning import Plan, Strategy, plan_by
from converter.planning.durations import NO_DURATIONS, ExpectedDurations
from converter.planning.mapped_groups import groups_in_a_circle
from converter.planning.strategies import orders_more
from converter.report.conversion import ConversionReport, conversion_json
from converter.report.conversion_markdown import conversion_markdown
from converter.report.conversion_page import conversion_page
from converter.workflow import Workflow

#: A report's page, in the folder of its bundle.
PAGE = "report.html"


@dataclass(frozen=True)
class Conversion:
    """What became of one DAG. Without a machine, something was refused: the diagnostics say what."""

    workflow: Workflow
    options: Options
    diagnostics: tuple[Diagnostic, ...]
    plan: Plan | None = None
    machine: Machine | None = None
    steps: Mapping[str, Step] = field(default_factory=dict)

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
    if options.operators:
        load_operators(options.operators)
    if workflow.settings.get("fail_fast"):
        # The first failure ends the run: what runs fails, what waits is skipped.
        options = replace(options, failures=Failures.STOP)
    steps, problems = _steps(workflow, options)
    if options.long_functions is LongFunctions.CAP:
        workflow, caps = capped(workflow, problems)
        if caps:
            steps, problems = _steps(workflow, options)
            problems += caps
    found = [*of_stand_ins(workflow), *_unusable_id(workflow), *dag_problems(workflow)]
    found += [*date_problems(workflow), *shadow_problems(workflow), *problems]
    found += [problem for task in workflow.tasks for problem in rounding_problems(task)]
    found += variable_problems(workflow, steps)
    steps, of_pairs = _paired(workflow, steps, options, refused_tasks(found))
    found += of_pairs
    allowed = refused_tasks(found) if options.allow_unsupported else {}
    if options.xcom is Xcom.S3:
        steps = kept_in_s3(steps, workflow)
    plan = plan_by(workflow, options.strategy, durations)
    found += [*_layer_problems(workflow, plan, options), *_group_problems(workflow, plan, options)]
    if _stops(found, allowed):
        return Conversion(workflow, options, tuple(found), plan, None, steps)
    steps = with_refusals(workflow, steps, allowed)
    steps = with_distributed(workflow, steps, limits.instances, limits.instance_records)
    machine, more = emit_fitting(workflow, plan, steps, options, limits)
    found += more
    if not _stops(found, allowed):
        found += [
            replace(item, dag_id=workflow.dag_id, location=workflow.location)
            for item in (
                *problems_of(
                    machine.definition, {child.number: child.definition for child in machine.children}
                ),
                *(problems_of(machine.outer) if machine.outer else ()),
            )
        ]
    if _stops(found, allowed):
        return Conversion(workflow, options, tuple(found), plan, None, steps)
    return Conversion(workflow, options, tuple(found), plan, machine, steps)


def _steps(workflow: Workflow, options: Options) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    return steps_of(
        workflow,
        options.variables,
        options.connections,
        variables_of_run=options.variables_from is VariablesFrom.SSM,
    )


def _paired(
    workflow: Workflow, steps: Mapping[str, Step], options: Options, refused: Container[str]
) -> tuple[dict[str, Step], tuple[Diagnostic, ...]]:
    """Return the steps in which one call waits for the job of a submit and its sensor, if that may be."""
    against = ""
    if options.failures is Failures.STOP:
        against = "a first failure ends the run, and would stop the job"
    elif options.pairs is Pairs.POLL:
        against = "--pairs poll"
    return with_pairs(
        workflow,
        steps,
        options.variables,
        options.connections,
        variables_of_run=options.variables_from is VariablesFrom.SSM,
        cause_length=cause_length(len(workflow.tasks)),
        refusals=refused,
        against=against,
    )


def convert_all(
    workflows: Iterable[Workflow],
    options: Options,
    out: Path,
    *,
    durations: ExpectedDurations = NO_DURATIONS,
) -> Iterator[tuple[Conversion, Path | None]]:
    """Convert each workflow and write its bundle below ``out``; yield it with the bundle's folder.

    One DAG's problems stop no other. Without a folder, the DAG was refused: its folder then holds the report
    alone, so that every DAG is accounted for.
    """
    for workflow in workflows:
        conversion = convert(workflow, options, durations=durations.of(workflow.dag_id))
        written = None
        try:
            written = write(conversion, out) if conversion.machine else None
        except Dag2SfnError as error:
            conversion = replace(
                conversion, machine=None, diagnostics=(*conversion.diagnostics, *error.diagnostics)
            )
        yield conversion if written else _reported(conversion, out), written


def write(conversion: Conversion, out: Path) -> Path:
    """Write the bundle of a conversion that was not refused; return its folder, ``out/<dag_id>``.

    Raises Dag2SfnError if the folder is something else, or the machine needs too many permissions.
    """
    if conversion.machine is None:
        raise ValueError(f"DAG '{conversion.workflow.dag_id}' was refused")
    return write_bundle(
        out / conversion.workflow.dag_id,
        conversion.workflow,
        conversion.machine,
        conversion.options,
        extra_files={**report_files(report_of(conversion)), **_companion(conversion)},
    )


def _companion(conversion: Conversion) -> dict[str, str | bytes]:
    return dict([companion_file(conversion.workflow)]) if conversion.options.companion else {}


def report_of(conversion: Conversion) -> ConversionReport:
    """Return the report of a conversion."""
    workflow = conversion.workflow
    return ConversionReport(
        workflow.dag_id,
        workflow.location,
        conversion.diagnostics,
        workflow,
        conversion.plan,
        conversion.machine,
        conversion.steps,
    )


def report_files(report: ConversionReport) -> dict[str, str | bytes]:
    """Return the files of a DAG's report: for programs, for a pull request, for a reader."""
    return {
        REPORT: conversion_json(report),
        "REPORT.md": conversion_markdown(report),
        PAGE: conversion_page(report),
    }


def _reported(conversion: Conversion, out: Path) -> Conversion:
    """Write the report of a DAG that was not converted. A folder that cannot take it is a problem more."""
    dag_id = conversion.workflow.dag_id
    if not dag_id.strip("."):
        return conversion
    try:
        write_report(out / dag_id, report_files(report_of(conversion)))
    except Dag2SfnError as error:
        known = {item.code for item in conversion.diagnostics}
        more = (item for item in error.diagnostics if item.code not in known)
        return replace(conversion, diagnostics=(*conversion.diagnostics, *more))
    return conversion


def _layer_problems(workflow: Workflow, plan: Plan, options: Options) -> list[Diagnostic]:
    """Return what it means to plan layer by layer, where it means something."""
    if options.strategy is not Strategy.BARRIER or not orders_more(workflow, plan):
        return []
    problem = "each task waits for all tasks of the layers above its own, also for those it does not need"
    return [about_dag(workflow, d.IN_LAYERS, problem, "use --strategy exact")]


def _group_problems(workflow: Workflow, plan: Plan, options: Options) -> list[Diagnostic]:
    """Return what it means that a mapped task group is planned as one task, where it means something."""
    if circle := groups_in_a_circle(workflow):
        problem = f"tasks of the mapped group '{circle[0]}' wait for tasks outside that wait for others of it"
        remedy = "put what is between them into the group, or make two groups of it"
        return [about_dag(workflow, d.MAPPED_TASK, problem, remedy)]
    if options.strategy is Strategy.BARRIER or not workflow.mapped_groups or not orders_more(workflow, plan):
        return []
    groups = ", ".join(f"'{name}'" for name in workflow.mapped_groups)
    problem = f"the tasks of a mapped group begin and end together for those outside: {groups}"
    remedy = "nothing to do if it may be later; else let all that is before a group be before its first task"
    return [about_dag(workflow, d.WAITS_FOR_GROUP, problem, remedy)]


def _stops(found: Iterable[Diagnostic], allowed: Container[str]) -> bool:
    """Whether something is refused that is not one of the tasks that may be."""
    return refuses(item for item in found if not (item.task_id and item.task_id in allowed))


def _unusable_id(workflow: Workflow) -> list[Diagnostic]:
    """Airflow allows the ids '.' and '..', which would lead out of the output folder."""
    if workflow.dag_id.strip("."):
        return []
    return [about_dag(workflow, d.BAD_DAG_ID, "the id is no name for a folder", "use letters in the id")]
