import hashlib
from importlib.metadata import version
from pathlib import Path

from converter.workflow import Location, Opaque, Schedule

FILE = Path(__file__).parents[1] / "good_dags" / "shapes.py"


def test_arguments_of_the_dag_are_fields_or_settings(good):
    workflow = good["settings"]
    assert workflow.dagrun_timeout == 5400.0
    assert workflow.params == {"day": "2026-01-01", "n": 3}
    settings = dict(workflow.settings)
    assert settings.pop("user_defined_macros")["double"].text.startswith("shapes.<lambda> (line ")
    assert settings == {
        "catchup": True,
        "edge_labels": {"first": {"second": {"label": "when ready"}}},
        "fail_fast": True,
        "max_active_runs": 1,
        "on_failure_callback": Opaque("builtins.builtin_function_or_method", "builtins.print"),
        "param_schemas": {"day": {"description": "which day", "schema": {"type": "string"}}},
        "render_template_as_native_obj": True,
        "start_date": "2026-01-01T00:00:00+00:00",
        "tags": ["a", "b"],
    }


def test_a_dag_with_defaults_only_has_no_settings(good):
    assert good["arguments"].settings == {}
    assert good["arguments"].schedule is None


def test_what_is_set_after_construction_is_a_setting(good):
    assert good["hourly"].settings == {"doc_md": "Written afterwards."}


def test_a_cron_string_keeps_its_expression_and_time_zone(good):
    assert good["settings"].schedule == Schedule("CronTriggerTimetable", "30 2 * * *", "UTC", assumed=True)


def test_a_timedelta_is_written_in_seconds(good):
    assert good["hourly"].schedule == Schedule("DeltaTriggerTimetable", "3600", None, assumed=True)


def test_a_timetable_with_arguments_of_its_own_is_kept_in_the_settings(good):
    assert good["flow"].schedule == Schedule(
        "CronTriggerTimetable", "0 0 * * *", "Europe/Zurich", length=86400.0
    )
    assert 'interval={"seconds": 86400.0}' in good["flow"].settings["schedule"].text


def test_a_parameter_without_default_is_opaque(good):
    assert good["required"].params["must"].text == "no default: a run must give a value"


def test_tasks_are_in_the_order_of_the_file(good):
    assert [task.task_id for task in good["flow"].tasks] == [
        "produce",
        "over",
        "consume",
        "end_each",
        "lost",
        "begin",
        "split",
        "end",
        "per_item.in_group",
        "bash",
    ]


def test_a_task_group_is_known_by_the_tasks_with_which_it_begins(good):
    assert good["flow"].task_groups == {"per_item": ("per_item.in_group",)}
    assert good["hourly"].task_groups == {}


def test_a_dag_is_located_where_it_is_constructed(good):
    lines = FILE.read_text().splitlines()
    places = {dag_id: good[dag_id].location for dag_id in ("settings", "hourly", "flow")}
    assert {place.file for place in places.values()} == {"good_dags/shapes.py"}
    assert lines[places["settings"].line - 1] == "with DAG("
    assert lines[places["hourly"].line - 1].startswith("DAG_WITHOUT_BLOCK = DAG(")
    # A decorated function makes its DAG when it is called.
    assert lines[places["flow"].line - 1] == "FLOW = flow()"
    assert isinstance(places["flow"], Location)


def test_the_source_and_airflows_version_are_recorded(good):
    assert good["flow"].source_hash == hashlib.sha256(FILE.read_bytes()).hexdigest()
    assert good["flow"].airflow_version == version("apache-airflow")
