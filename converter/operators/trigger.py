"""Other DAGs that a DAG starts: executions of the machines that they are converted to."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.identity import execution_name, machine_name
from converter.operators.arguments import Arguments
from converter.operators.parts import SKIP_ERROR, Call, Caught, Ending
from converter.operators.registry import converts
from converter.operators.requests import allow, arn, event_rule
from converter.operators.step import Permission, Retrier, Step

#: When the state was entered, as Airflow writes a time: the same in what is sent and in what is recorded.
_NOW = "$replace($states.context.State.EnteredTime, 'Z', '+00:00')"
_MACHINES = "$substringBefore($states.context.StateMachine.Id, ':stateMachine:') & ':stateMachine:'"
_THROTTLING = Retrier(("StepFunctions.AWSStepFunctionsException", "StepFunctions.ThrottlingException"))


@converts("airflow.providers.standard.operators.trigger_dagrun.TriggerDagRunOperator")
def trigger_dag_run(args: Arguments) -> Step:
    """A run of another DAG: ``states:startExecution`` of its machine, ``.sync:2`` where the operator waits.

    The machine is found by the name that the DAG's conversion gives it, in the same account and region.
    XCom, as in Airflow: the run's id under the key ``trigger_run_id``, and no return value.
    """
    dag_id = args.take_text("trigger_dag_id")
    run_id, date = args.take("trigger_run_id"), args.take("logical_date", Expression(_NOW))
    named = run_id if run_id is not None else Expression(f"'manual__' & {_NOW}")
    waits = bool(args.take("wait_for_completion", False)) | bool(args.take("deferrable", False))
    _report_states(args)
    if args.task.arguments.get("python_callable") is not None:
        args.set_aside("python_callable")
        problem = "argument 'python_callable', which Airflow 1.10 asked for the run's conf, is not converted"
        remedy = (
            "write the conf as conf=..., and whether there is a run at all as a ShortCircuitOperator before"
        )
        args.report(d.UNKNOWN_ARGUMENT, problem, remedy)
    skips = bool(args.take("skip_when_already_exists", False))
    for name in ("reset_dag_run", "fail_when_dag_is_paused", "note"):
        if args.take(name):
            args.report(d.LOST_FEATURE, f"{name} has no effect: an execution is not a row", "leave it out")
    # When the machine is asked is Step Functions' own affair.
    args.set_aside("poke_interval", "run_after", "openlineage_inject_parent_info")
    machine = machine_name(dag_id, args.prefix) if dag_id else ""
    arguments = {
        "StateMachineArn": Expression(f"{_MACHINES} & {literal(machine)}"),
        "Name": _name(named),
        "Input": {
            "conf": args.take("conf") or {},
            "run_id": named,
            "logical_date": date,
            "data_interval_start": date,
            "data_interval_end": date,
        },
    }
    resource = "arn:aws:states:::states:startExecution" + (".sync:2" if waits else "")
    step = Step(
        task_id=args.task.task_id,
        operator=args.task.operator.rpartition(".")[2],
        permissions=_permissions(machine, waits),
        xcom=Expression(f"{{'trigger_run_id': {literal(named)}}}"),
    )
    if skips:
        return _skipping(step, resource, arguments, named)
    return replace(step, resource=resource, arguments=arguments, retriers=(_THROTTLING,))


def _skipping(step: Step, resource: str, arguments: dict[str, Any], named: Any) -> Step:
    there = Caught(
        ("StepFunctions.ExecutionAlreadyExistsException",),
        ends=Ending(SKIP_ERROR, "there is a run of this id"),
    )
    keeps = {"run": Expression(literal(named))}
    call = Call("start the run", resource, arguments, keeps, (_THROTTLING,), (there,))
    xcom = Expression("{'trigger_run_id': $run}")
    return replace(step, parts=(call,), xcom=xcom, can_skip=True)


def _name(run_id: Any) -> Any:
    """Return the execution's name, by which ``dag2sfn run`` would find it again (``identity``)."""
    if isinstance(run_id, str):
        return execution_name(run_id)
    fitted = "$replace($run, /[^A-Za-z0-9_-]/, '-')"
    hashed = f"$substring({fitted}, 0, 73) & '-' & $substring($hash($run, 'SHA-256'), 0, 6)"
    kept = f"{fitted} = $run and $length($run) <= 80 ? $run : {hashed}"
    return Expression(f"($run := {literal(run_id)}; {kept})")


def _report_states(args: Arguments) -> None:
    allowed, failed = args.take("allowed_states"), args.take("failed_states")
    if allowed not in (None, [], ["success"]) or failed not in (None, [], ["failed"]):
        problem = "an execution that is waited for has to succeed: allowed_states and failed_states are fixed"
        args.report(d.NO_COUNTERPART, problem, "leave them out, and use a trigger rule behind the task")


def _permissions(machine: str, waits: bool) -> tuple[Permission, ...]:
    start = allow("states:StartExecution", on=arn("states", "stateMachine:{}", machine))
    if not waits:
        return (start,)
    executions = arn("states", "execution:{}", machine) + ":*"
    watch = allow(
        "states:DescribeExecution", "states:StopExecution", on=executions, reason="each run has its own name"
    )
    return (start, watch, event_rule("StepFunctionsGetEventsForStepFunctionsExecutionRule"))
