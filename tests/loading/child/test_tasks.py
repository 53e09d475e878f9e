from pathlib import Path
from unittest.mock import ANY

import pytest

from converter.expansion import Expansion, Source, SourceKind
from converter.workflow import GROUP_ARGUMENT, Location, Opaque, Retries, TriggerRule

SOURCES = Path(__file__).parents[1]
BASE = "airflow.sdk.bases.operator.BaseOperator"


def _source_line(location: Location) -> str:
    return (SOURCES / location.file).read_text().splitlines()[location.line - 1].strip()


def test_default_args_and_what_a_subclass_passes_on_are_arguments_too(good):
    night = good["arguments"].task("night")
    assert night.operator == "arguments.NightlyCopy"
    assert night.bases == ("arguments.CopyOperator", BASE)
    assert night.arguments == {
        "deferrable": False,
        "night": "2026-01-01",
        "retain": True,
        "source": "s3://nights/2026-01-01",
    }
    assert night.settings == {"owner": "data"}
    assert night.retries == Retries(count=2)


def test_the_effective_deferrable_is_an_argument_although_nobody_passed_it(good):
    assert good["arguments"].task("xcom").arguments["deferrable"] is True


def test_what_the_file_changes_after_construction_counts(good):
    changed = good["arguments"].task("changed")
    assert changed.arguments == {
        "deferrable": True,
        "options": {"set": "afterwards"},
        "retain": "changed",
        "source": "after",
    }
    assert changed.trigger_rule is TriggerRule.ALL_DONE
    assert changed.retries == Retries(count=5, delay=10.0, backoff=2.0, max_delay=60.0)
    assert changed.execution_timeout == 3600.0
    assert changed.settings == {
        "depends_on_past": False,
        "on_failure_callback": [Opaque("builtins.function", "arguments.callback")],
        "owner": "data",
        "pool": "small",
    }


def test_upstream_tasks_are_in_the_order_of_their_definition(good):
    assert good["arguments"].task("changed").upstream == ("values", "night", "xcom")


def test_start_date_and_params_are_settings_only_where_they_differ_from_the_dags(good):
    first, second = good["settings"].tasks
    assert first.settings == {}
    assert second.settings == {"params": {"n": 4}, "start_date": "2026-06-01T00:00:00+00:00"}


def test_a_task_made_by_a_helper_beside_the_dag_file_is_located_there(good):
    assert good["settings"].task("first").location == Location("good_dags/etl_helpers/factory.py", 7)


def test_a_taskflow_task_is_located_at_its_call(good):
    produce = good["flow"].task("produce")
    assert _source_line(produce.location) == "numbers = produce(2)"
    assert produce.arguments["op_args"] == [2]
    assert produce.settings == {}


def test_setup_and_teardown_are_marked(good):
    begin, end = good["flow"].task("begin"), good["flow"].task("end")
    assert (begin.is_setup, begin.is_teardown) == (True, False)
    assert (end.is_setup, end.is_teardown) == (False, True)
    assert end.trigger_rule is TriggerRule.ALL_DONE_SETUP_SUCCESS
    assert end.settings == {"on_failure_fail_dagrun": True}


def test_of_a_mapped_teardown_airflow_keeps_what_its_decorator_says(good):
    flow = good["flow"]
    assert flow.task("end_each").is_teardown
    assert flow.task("end_each").settings == {"on_failure_fail_dagrun": True}
    assert flow.task("lost").is_teardown
    assert flow.task("lost").settings == {}


def test_multiple_outputs_are_a_setting(good):
    assert good["flow"].task("split").settings == {"multiple_outputs": True}


def test_a_mapped_operator_holds_what_is_partial_and_what_is_expanded(good):
    bash = good["flow"].task("bash")
    assert bash.is_mapped
    assert bash.operator == "airflow.providers.standard.operators.bash.BashOperator"
    assert bash.arguments == {"append_env": True}
    assert bash.expansion == Expansion({"bash_command": Source(SourceKind.LITERAL, ["a", "b"])})
    assert bash.settings == {}
    assert bash.retries == Retries(count=1)


def test_default_args_reach_a_mapped_operators_own_arguments(good):
    bash = good["required"].task("bash")
    assert bash.arguments == {"env": {"A": "1"}}
    assert bash.expansion == Expansion(rows=Source(SourceKind.LITERAL, [{"bash_command": "a"}]))


def test_default_args_reach_a_mapped_taskflow_task(good):
    each = good["arguments"].task("each")
    assert each.is_mapped
    assert each.retries == Retries(count=2)
    assert each.settings["owner"] == "data"


def test_a_mapped_taskflow_task_names_its_function(good):
    consume = good["flow"].task("consume")
    assert consume.is_mapped
    assert consume.upstream == ("produce",)
    assert consume.arguments["python_callable"].text == "shapes.flow.<locals>.consume"
    assert consume.expansion == Expansion({"x": Source(SourceKind.XCOM, task_id="produce")})


def test_what_is_made_of_xcoms_says_of_which_and_how(good):
    """``over`` is expanded over zip, zip with a fill value, map and concat."""
    produced = Source(SourceKind.XCOM, task_id="produce")
    doubled = Source(SourceKind.MAP, [Opaque("builtins.function", ANY)], sources=(produced,))
    assert good["flow"].task("over").expansion == Expansion(
        {
            "short": Source(SourceKind.ZIP, sources=(produced, doubled)),
            "long": Source(SourceKind.ZIP_LONGEST, "none", sources=(produced, produced)),
            "all": Source(SourceKind.CONCAT, sources=(produced, doubled)),
        }
    )
    assert good["flow"].task("over").upstream == ("produce",)


def test_a_task_of_a_mapped_group_is_mapped(good):
    task = good["flow"].task("per_item.in_group")
    assert task.is_mapped
    assert task.mapped_group == "per_item"
    assert task.expansion == Expansion({"item": Source(SourceKind.LITERAL, [1, 2])})
    assert Opaque(GROUP_ARGUMENT, "item") in task.arguments["op_args"]


@pytest.mark.parametrize("dag_id", ["arguments", "settings", "hourly", "flow", "required"])
def test_no_field_of_a_task_is_repeated_in_its_settings(good, dag_id):
    for task in good[dag_id].tasks:
        assert not {"task_id", "dag", "task_group", "retries", "trigger_rule"} & {
            *task.settings,
            *task.arguments,
        }
