from __future__ import annotations

import textwrap

import pytest

from converter.task_runtime.callables import facts_of


@pytest.fixture
def facts(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def read(source, name="run", files=None):
        (tmp_path / "my-etl.py").write_text(textwrap.dedent(source))
        for path, content in (files or {}).items():
            (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / path).write_text(textwrap.dedent(content))
        # Airflow names the module of a DAG file so.
        return facts_of(f"my_etl.{name}", tmp_path / "my-etl.py")

    return read


@pytest.mark.parametrize(
    ("call", "pulled", "unseen"),
    [
        ("ti.xcom_pull(task_ids='a')", ("a",), False),
        ("ti.xcom_pull()", (), False),
        ("ti.xcom_pull('a')", ("a",), False),
        ("ti.xcom_pull(['a', 'b'], key='k')", ("a", "b"), False),
        ("ti.xcom_pull(key='k')", (), False),
        ("ti.xcom_pull(task_ids=None)", (), False),
        ("ti.xcom_pull(task_ids=SOURCE)", ("a",), False),
        ("ti.xcom_pull(task_ids=name)", (), True),
        ("ti.xcom_pull(task_ids=f'a_{i}')", (), True),
        ("ti.xcom_pull(**options)", (), True),
        ("kwargs['ti'].xcom_pull(task_ids='a')", ("a",), False),
        ("pull(ti)", ("deep",), False),
    ],
)
def test_the_tasks_are_found_whose_xcoms_are_pulled(facts, call, pulled, unseen):
    found = facts(
        f"""
        SOURCE = "a"
        def pull(ti):
            return [ti.xcom_pull(task_ids="deep") for _ in range(1)]
        def run(ti, **kwargs):
            return {call}
        """
    )
    assert (found.pulled, found.pulls_unseen) == (pulled, unseen)
    assert found.pulls_of_any is (not pulled and not unseen)


def test_nested_functions_lambdas_methods_and_objects_are_found(facts):
    source = """
        def build():
            def run(ti):
                return ti.xcom_pull("nested")
            return run
        other = lambda ti: ti.xcom_pull("in_lambda")
        class Job:
            def go(self, ti):
                return ti.xcom_pull("in_method")
            def __call__(self, ti):
                return ti.xcom_pull("in_call")
    """
    assert facts(source, "build.<locals>.run").pulled == ("nested",)
    assert facts(source, "<lambda> (line 6)").pulled == ("in_lambda",)
    assert facts(source, "Job.go").pulled == ("in_method",)
    assert "in_call" in facts(source, "Job(x=1)").pulled


def test_local_modules_are_followed(facts):
    found = facts(
        "from lib.steps import work\nimport lib.more as more\ndef run(ti): work(ti); more.go(ti)",
        files={
            "lib/__init__.py": "",
            "lib/steps.py": "from .base import deep\ndef work(ti): deep(ti)",
            "lib/base.py": "def deep(ti): ti.xcom_pull(task_ids='in_base')",
            "lib/more.py": "import pandas\ndef go(ti): ti.xcom_pull('in_more'); pandas.DataFrame()",
        },
    )
    assert set(found.pulled) == {"in_base", "in_more"}
    assert [imported.module for imported in found.modules] == ["pandas"]


@pytest.mark.parametrize(
    ("body", "needed"),
    [
        ("PostgresHook().run('')", ("airflow.providers.postgres.hooks.postgres.PostgresHook",)),
        ("S3Hook().list_keys()", ()),
        ("S3Hook().select_key('a')", ("S3Hook.select_key",)),
        ("hook = S3Hook(); keys = [1]; hook.select_key('a'); keys.append(2)", ("S3Hook.select_key",)),
        (
            "hook = hooks.S3Hook(); return hook.conn.list_buckets(), hook.sync_to_local_dir()",
            ("S3Hook.sync_to_local_dir",),
        ),
        ("return HOOK.sync_to_local_dir()", ("S3Hook.sync_to_local_dir",)),
        ("S3Hook.parse_s3_url('s3://a/b')", ()),
        ("BashOperator(task_id='x').execute({})", ("airflow.operators.bash.BashOperator",)),
        ("sql.PostgresHook()", ("airflow.providers.postgres.hooks.postgres.PostgresHook",)),
        ("helper()", ("airflow.providers.postgres.hooks.postgres.PostgresHook",)),
        ("Variable.get('x')", ()),
        ("raise AirflowSkipException", ()),
        ("S3Hook = 5; return S3Hook", ()),
        ("return None", ()),
    ],
)
def test_what_needs_airflow_is_found(facts, body, needed):
    found = facts(
        f"""
        from airflow.exceptions import AirflowSkipException
        from airflow.models import TaskInstance, Variable
        from airflow.operators.bash import BashOperator
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        import airflow.providers.amazon.aws.hooks.s3 as hooks
        from airflow.providers.postgres.hooks.postgres import PostgresHook
        import airflow.providers.postgres.hooks.postgres as sql
        HOOK = S3Hook()
        def helper():
            from airflow.providers.postgres.hooks.postgres import PostgresHook
            return PostgresHook()
        def run(ti: TaskInstance):
            {body}
        """
    )
    assert found.of_airflow == needed
    assert found.hooks == (("S3Hook",) if "S3Hook(" in body or "S3Hook." in body or "HOOK" in body else ())
    assert found.may_skip == ("Skip" in body)
    assert found.uses_variables == ("Variable" in body)


@pytest.mark.parametrize(
    ("definition", "needed"),
    [
        ("def run(*, inlet_events): ...", ("the context's inlet_events",)),
        ("def run(**context): return context['conn']", ("the context's conn",)),
        ("def run(rows): return rows['conn_id']", ()),
        ("def run(dag_run): return dag_run.get_task_instances()", ("dag_run.get_task_instances",)),
        ("def run(**context): return context['dag_run'].start_date", ("dag_run.start_date",)),
        ("def run(ti): ti.get_previous_dagrun().run_id", ("ti.get_previous_dagrun",)),
        ("def run(ti, dag_run): ti.log.info(dag_run.conf, ti.xcom_pull(), ti.run_id)", ()),
        ("def run(other): return other.start_date", ()),
    ],
)
def test_what_is_asked_of_the_context_and_only_airflow_has_is_found(facts, definition, needed):
    assert facts(definition).of_airflow == needed


def test_a_module_of_pythons_or_of_a_package_is_not_looked_for_beside_the_file(facts):
    found = facts("import json, yaml\ndef run(): json.x(); yaml.y()", files={"json.py": "", "yaml.py": ""})
    assert [imported.module for imported in found.modules] == ["json", "yaml"]


def test_a_function_that_is_not_found_is_unknown(facts):
    assert facts("run = make()") is None


def test_a_function_of_another_package_pulls_nothing_and_has_to_be_there(tmp_path):
    found = facts_of("json.decoder.loads", tmp_path / "etl.py")
    assert (found.pulled, found.pulls_unseen) == ((), False)
    assert found.modules[0].top_level == "json"


@pytest.mark.parametrize(
    ("definition", "notes"),
    [
        ("def run(*, outlet_events): ...", True),
        ("def run(**context): context['outlet_events']", True),
        ("from airflow.sdk import Metadata\ndef run(): yield Metadata(1)", True),
        ("def run(): ...", False),
    ],
)
def test_whether_a_callable_notes_something_about_assets_is_found(facts, definition, notes):
    assert facts(definition).notes_assets is notes
    assert facts(definition).of_airflow == ()
