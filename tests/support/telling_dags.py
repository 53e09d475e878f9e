"""Small DAGs, each of which tells whether one thing is done as Airflow does it."""

from __future__ import annotations

from collections.abc import Mapping

from mapped import days, mapped_glue, xcom
from workflows import branch, empty, glue, latest_only, python, short_circuit, workflow

from converter.workflow import Retries, Task, TriggerRule, Workflow

EMR_STEP = "airflow.providers.amazon.aws.sensors.emr.EmrStepSensor"
STEP = {"job_flow_id": "j", "step_id": "s", "poke_interval": 10}
ALL_DONE = TriggerRule.ALL_DONE
TEARDOWN = {"trigger_rule": TriggerRule.ALL_DONE_SETUP_SUCCESS, "is_teardown": True}


def _behind_everything(rule: TriggerRule) -> Workflow:
    """A task with this rule behind tasks that may end in any way, one of them also as upstream_failed."""
    return workflow(
        python("a"),
        python("b"),
        glue("first"),
        python("c", "first"),
        python("judged", "a", "b", "c", trigger_rule=rule),
        glue("behind", "judged"),
        empty("end", "judged", "behind", trigger_rule=ALL_DONE),
        dag_id=rule.value,
    )


#: In each, an empty task at the end with all_done takes the failures before it, so that nothing hangs on the
#: run's own outcome where it is about something else.
TELLING_DAGS: Mapping[str, Workflow] = {
    **{
        rule.value: _behind_everything(rule) for rule in TriggerRule if rule.value != "all_done_setup_success"
    },
    "branch": workflow(
        branch("branch"),
        python("a", "branch"),
        python("b", "branch"),
        python("c", "branch", "a"),
        empty("end", "a", "b", "c", trigger_rule=ALL_DONE),
        dag_id="branch",
    ),
    "join": workflow(
        branch("branch"),
        empty("a", "branch"),
        empty("b", "branch"),
        empty("join", "a", "b", trigger_rule=TriggerRule.NONE_FAILED_MIN_ONE_SUCCESS),
        dag_id="join",
    ),
    "late_branch": workflow(
        branch("branch"),
        python("other", execution_timeout=1.0),  # fails often, and mostly before the branch has chosen
        python("a", "branch", "other", trigger_rule=ALL_DONE),
        python("b", "branch", "other"),
        python("told", "b", trigger_rule=TriggerRule.NONE_FAILED),
        empty("end", "a", "told", trigger_rule=ALL_DONE),
        dag_id="late_branch",
    ),
    "short_circuit": workflow(
        short_circuit("check"),
        python("a", "check"),
        python("b", "a", trigger_rule=ALL_DONE),
        glue("clean", "a", **TEARDOWN),
        empty("end", "b", trigger_rule=ALL_DONE),
        dag_id="short_circuit",
    ),
    "polite_short_circuit": workflow(
        short_circuit("check", ignore_downstream_trigger_rules=False),
        python("a", "check"),
        python("b", "a", trigger_rule=ALL_DONE),
        empty("end", "b", trigger_rule=ALL_DONE),
        dag_id="polite_short_circuit",
    ),
    "latest_only": workflow(
        latest_only("latest"),
        python("a", "latest"),
        python("b", "a", trigger_rule=ALL_DONE),
        empty("end", "b", trigger_rule=ALL_DONE),
        dag_id="latest_only",
    ),
    "expanded": workflow(  # behind a failure that mostly comes before the short-circuit has looked
        python("bad", execution_timeout=1.0),
        short_circuit("check"),
        mapped_glue("each", "bad", "check", over=days("monday")),
        empty("end", "each", trigger_rule=ALL_DONE),
        dag_id="expanded",
    ),
    "nothing_to_expand_over": workflow(
        python("bad", execution_timeout=1.0),
        mapped_glue("first", "bad", over=days("monday")),
        mapped_glue("second", "first", over=xcom("first"), trigger_rule=TriggerRule.NONE_SKIPPED),
        python("both", "first", "second"),
        empty("end", "both", trigger_rule=ALL_DONE),
        dag_id="nothing_to_expand_over",
    ),
    "skips": workflow(
        python("a", retries=Retries(2, 10)),
        python("b", "a"),
        empty("end", "b", trigger_rule=ALL_DONE),
        dag_id="skips",
    ),
    "setup": workflow(
        python("make", is_setup=True),
        python("work", "make"),
        python("on", "work", trigger_rule=ALL_DONE),
        empty("end", "on", trigger_rule=ALL_DONE),
        dag_id="setup",
    ),
    "teardown": workflow(
        python("make", is_setup=True),
        python("make_more", is_setup=True),
        python("work", "make", "make_more"),
        glue("drop", "make", "make_more", "work", **TEARDOWN),
        dag_id="teardown",
    ),
    "scope": workflow(
        glue("make", is_setup=True),
        glue("slow", "make"),
        glue("quick", "slow", trigger_rule=TriggerRule.ALWAYS),
        glue("drop", "make", "quick", **TEARDOWN),
        dag_id="scope",
    ),
    "held_by_a_setup": workflow(  # skipped, at times, before it is known that the others failed earlier
        glue("fails"),
        python("before"),
        glue("setup", "before", is_setup=True),
        glue("other"),
        glue("a", "fails", "setup"),
        glue("b", "a", "other"),
        glue("c", "a"),
        glue("judged", "b", "c", trigger_rule=TriggerRule.ONE_SUCCESS),
        empty("end", "judged", trigger_rule=ALL_DONE),
        dag_id="held_by_a_setup",
    ),
    "fail_fast": workflow(
        python("make", is_setup=True),
        python("choose"),
        python("work", "make"),
        glue("drop", "make", "work", "other", **TEARDOWN),
        branch("other"),
        python("more", "other"),
        dag_id="fail_fast",
        settings={"fail_fast": True},
    ),
    "absorbed": workflow(glue("job"), glue("notify", "job", trigger_rule=ALL_DONE), dag_id="absorbed"),
    "ignored": workflow(glue("job"), glue("drop", "job", **TEARDOWN), glue("more"), dag_id="ignored"),
    "heeded": workflow(
        glue("job"),
        glue("drop", "job", **TEARDOWN, settings={"on_failure_fail_dagrun": True}),
        dag_id="heeded",
    ),
    "retries": workflow(
        glue("plain", retries=Retries(2, 20, max_delay=7)),
        glue("backing_off", retries=Retries(3, 20, 2.0)),
        glue("capped", retries=Retries(3, 20, 2.0, max_delay=30)),
        python("final", retries=Retries(2, 15)),
        dag_id="retries",
    ),
    "patient": workflow(
        glue("again", retries=Retries(2, 60_000, 2.0)),  # the second wait is a day, not twice the first
        empty("end", "again", trigger_rule=ALL_DONE),
        dag_id="patient",
    ),
    "limited": workflow(
        glue("job", execution_timeout=30.0, retries=Retries(1, 5)), glue("on", "job"), dag_id="limited"
    ),
    "limited_sensor": workflow(
        Task("wait", EMR_STEP, arguments=STEP, execution_timeout=100.0, retries=Retries(1, 5)),
        empty("end", "wait", trigger_rule=ALL_DONE),
        dag_id="limited_sensor",
    ),
    "limited_run": workflow(
        glue("job", retries=Retries(2, 20)), glue("on", "job"), dag_id="limited_run", dagrun_timeout=60.0
    ),
    "pair": workflow(glue("one"), glue("other"), dag_id="pair"),
    "leaf": workflow(python("job"), glue("on", "job"), dag_id="leaf"),
    "teardowns_alone": workflow(glue("a", **TEARDOWN), glue("b", "a", **TEARDOWN), dag_id="teardowns_alone"),
    "awaiting": workflow(
        glue("a"),
        glue("b"),
        glue("shared"),
        glue("on_a", "a", "shared"),
        glue("on_b", "b", "shared"),
        dag_id="awaiting",
    ),
}
