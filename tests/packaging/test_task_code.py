from __future__ import annotations

import hashlib
import json
import sys
import textwrap
import zipfile
from dataclasses import replace

import pytest
import yaml
from cfnlint.api import lint
from stack_templates import OF_A_FUNCTION, allowed_by, made
from workflows import empty, workflow

from converter.asl.awaiting import Pace
from converter.asl.machine import emit
from converter.asl.options import Options, Xcom
from converter.diagnostics import Dag2SfnError
from converter.expansion import Expansion, Source, SourceKind
from converter.operators import steps_of
from converter.operators.large_xcoms import kept_in_s3
from converter.packaging import FUNCTION_KEYS, default_settings, function_zip, read_manifest, write_bundle
from converter.packaging.bundle import function_sources
from converter.packaging.function_variables import variable_problems
from converter.packaging.packages import install_packages, missing_packages
from converter.packaging.task_code import task_files
from converter.packaging.template import template_text
from converter.packaging.yaml_text import Ref
from converter.planning import plan_workflow
from converter.workflow import Location, Opaque, Task

PYTHON = "airflow.providers.standard.operators.python.PythonOperator"
BASH = "airflow.providers.standard.operators.bash.BashOperator"
YAML_VERSION = yaml.__version__


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A function that writes a project's files, the DAG file last, and returns the DAG's workflow."""
    monkeypatch.chdir(tmp_path)

    def make(files, *tasks, dag_file="etl.py", located=None, **fields):
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(textwrap.dedent(text))
        digest = hashlib.sha256((tmp_path / dag_file).read_bytes()).hexdigest()
        made = workflow(*(tasks or (python("t", dag_file=dag_file),)), source_hash=digest, **fields)
        return made.__class__(**{**vars(made), "location": Location(located or dag_file, 1)})

    return make


def python(task_id, *upstream, dag_file="etl.py", name="run", **arguments):
    module = dag_file.rpartition("/")[2].removesuffix(".py")
    arguments["python_callable"] = Opaque("builtins.function", f"{module}.{name}")
    fields = ("templates_dict", "op_args", "op_kwargs")
    return Task(
        task_id,
        PYTHON,
        arguments=arguments,
        upstream=upstream,
        template_fields=fields,
        location=Location(dag_file),
    )


def files_of(flow):
    return task_files(flow, steps_of(flow)[0])


def names_of(flow):
    return {name for name in files_of(flow) if not name.startswith("dag2sfn_tasks/")}


def machine(flow):
    # Python tasks have notes, which machine_of would take for failures.
    return emit(flow, plan_workflow(flow), steps_of(flow)[0], Options(), Pace(30, 86_400))


def stack_of(flow):
    return made(flow, machine=machine(flow))


def test_a_file_on_its_own_needs_the_function_and_the_dags_shape(project):
    flow = project(
        {"etl.py": "def run(): ..."},
        python("t"),
        empty("below", "t"),
        task_groups={"g": ("below",)},
        airflow_version="3.3.2",
    )
    files = files_of(flow)
    assert names_of(flow) == {"dag.json", "dags/etl.py"}
    assert {"dag2sfn_tasks/__init__.py", "dag2sfn_tasks/handler.py"} <= set(files)
    assert json.loads(files["dag.json"]) == {
        "dag_id": "example",
        "file": "etl.py",
        "airflow_version": "3.3.2",
        "tasks": {"t": {"downstream": ["below"]}, "below": {"downstream": []}},
        "task_groups": {"g": ["below"]},
    }


def test_local_modules_and_named_data_come_along_and_nothing_else(project):
    flow = project(
        {
            "dags/etl.py": """
                import json
                from pathlib import Path
                from common.steps import work
                import helper
                CONFIG = json.loads((Path(__file__).parent / "config.json").read_text())
                SQL = Path(__file__).parent / "sql" / "load.sql"
                WORD = "unrelated"
                def run(): work()
            """,
            "dags/helper.py": "",
            "dags/config.json": "{}",
            "dags/secrets.json": "{}",
            "dags/.env": "TOKEN=1",
            "dags/other_dag.py": "",
            "dags/sql/load.sql": "select 1",
            "dags/common/__init__.py": "",
            "dags/common/steps.py": "from . import base\nENV = '.env'\ndef work(): ...",
            "dags/common/base.py": "deep = 1",
            "dags/common/unused.py": "",
            "unrelated/data.txt": "",
        },
        dag_file="dags/etl.py",
    )
    assert names_of(flow) == {
        "dag.json",
        "dags/etl.py",
        "dags/helper.py",
        "dags/config.json",
        "dags/sql/load.sql",
        "dags/common/__init__.py",
        "dags/common/steps.py",
        "dags/common/base.py",
    }


def test_a_module_above_the_dag_file_keeps_its_place_above(project):
    flow = project(
        {
            "dags/team/etl.py": "from shared.text import shout\ndef run(): ...",
            "dags/shared/text.py": "def shout(): ...",
        },
        dag_file="dags/team/etl.py",
    )
    assert names_of(flow) == {"dag.json", "dags/team/etl.py", "dags/shared/text.py"}
    assert json.loads(files_of(flow)["dag.json"])["file"] == "team/etl.py"


def test_a_dag_that_another_file_makes_is_found_by_its_hash(project):
    flow = project(
        {
            "dags/etl.py": "import factory\nfactory.make()\ndef run(): ...",
            "dags/factory.py": "def make(): ...",
        },
        dag_file="dags/etl.py",
        located="dags/factory.py",
    )
    assert json.loads(files_of(flow)["dag.json"])["file"] == "etl.py"


def test_a_file_that_has_changed_since_it_was_read_is_refused(project, tmp_path):
    flow = project({"etl.py": "def run(): ..."})
    (tmp_path / "etl.py").write_text("def run(): changed()")
    with pytest.raises(Dag2SfnError) as raised:
        files_of(flow)
    assert [item.code.id for item in raised.value.diagnostics] == ["D266"]
    assert raised.value.exit_code == 2


@pytest.mark.parametrize(
    ("source", "requirements"),
    [
        ("import yaml\ndef run(): return yaml.safe_load('')", [f"PyYAML=={YAML_VERSION}"]),
        ("def run():\n    import yaml\n    return yaml.safe_load('')", [f"PyYAML=={YAML_VERSION}"]),
        ("import yaml\nCONFIG = yaml.safe_load('a: 1')\ndef run(): ...", [f"PyYAML=={YAML_VERSION}"]),
        ("import yaml\ndef other(): yaml.safe_load('')\ndef run(): ...", []),
        ("import pendulum\nDATE = pendulum.datetime(2024, 1, 1)\ndef run(): ...", []),
        ("import boto3, json\ndef run(): boto3.client('s3')", []),
        ("import no_such_library\ndef run(): no_such_library.go()", []),
    ],
)
def test_what_the_tasks_import_is_pinned_to_what_is_installed(project, source, requirements):
    text = files_of(project({"etl.py": source})).get("requirements.txt", b"").decode()
    assert [line for line in text.splitlines() if not line.startswith("#")] == requirements


def test_pendulum_is_needed_where_a_task_uses_it(project):
    flow = project({"etl.py": "import pendulum\ndef run(): return str(pendulum.now())"})
    assert b"pendulum==" in files_of(flow)["requirements.txt"]


def test_jinja_comes_along_where_a_task_has_a_template(project):
    source = {"etl.py": "def run(x): ..."}
    assert not [name for name in names_of(project(source, python("t", op_args=["plain"]))) if "jinja" in name]
    names = names_of(project(source, python("t", op_args=["{{ ds }}"])))
    assert {"jinja2/__init__.py", "jinja2/LICENSE.txt", "markupsafe/__init__.py"} <= names
    assert not [name for name in names if not name.endswith((".py", ".json", "LICENSE.txt"))]


@pytest.mark.parametrize(
    ("source", "settings", "expansion"),
    [
        ("def run(x): return task.render_template('x', {})", {}, None),
        ("def run(x): ...", {"render_template_as_native_obj": True}, None),  # "1" is a number
        ("def run(x): ...", {"jinja_environment_kwargs": {"line_statement_prefix": "%"}}, None),
        ("def run(x): ...", {}, Expansion(rows=Source(SourceKind.XCOM, task_id="rows"))),
        ("def run(x): ...", {}, Expansion(rows=Source(SourceKind.LITERAL, [{"op_args": ["{{ ds }}"]}]))),
    ],
)
def test_jinja_comes_along_where_the_function_may_need_it(project, source, settings, expansion):
    task = replace(python("t", op_args=["plain"]), expansion=expansion)
    names = names_of(project({"etl.py": source}, task, settings=settings))
    assert "jinja2/__init__.py" in names


@pytest.mark.parametrize(("own", "comes"), [(False, False), (True, True)])
def test_an_operator_of_the_authors_may_have_templates_that_are_no_arguments(project, own, comes):
    source = {"etl.py": "def run(x): ...\n# class Own: says '{{ ds }}'"}
    task = python("t", op_args=["plain"])
    task = replace(task, operator="etl.Own", bases=(task.operator,)) if own else task
    assert ("jinja2/__init__.py" in names_of(project(source, task))) is comes


@pytest.mark.parametrize(
    "task",
    [
        python("t", op_args=[Opaque("airflow.sdk.definitions.xcom_arg.PlainXComArg", "{{ xcom_pull }}")]),
        python("t", op_args=['{"a": {"b": 1}}']),
    ],
)
def test_jinja_stays_away_where_the_function_does_not_import_it(project, task):
    assert "jinja2/__init__.py" not in names_of(project({"etl.py": "def run(x): ..."}, task))


def test_the_bundle_has_the_function_and_the_same_bytes_each_time(project, tmp_path):
    flow = project({"etl.py": "def run(x): ..."}, python("t", op_args=["{{ ds }}"]))
    bundles = [write_bundle(tmp_path / name, flow, machine(flow), Options()) for name in ("one", "two")]
    manifest = read_manifest(bundles[0])
    assert (manifest.functions, manifest.substitutions) == (("tasks",), ("TaskFunctionArn",))
    one, two = (function_zip(bundle / "functions/tasks") for bundle in bundles)
    assert one == two


def test_the_function_of_the_stack_has_its_own_role(project):
    flow = project({"etl.py": "def run(): ..."})
    written = stack_of(flow)
    resources = written["Resources"]
    function = resources["TaskFunction"]["Properties"]
    assert function["Handler"] == "dag2sfn_tasks.handler.handler"
    assert (function["Timeout"], function["Architectures"], function["Runtime"]) == (
        900,
        ["x86_64"],
        "python3.12",
    )
    assert function["Code"]["S3Key"] == Ref(FUNCTION_KEYS["tasks"])
    assert allowed_by(resources["TaskRole"]) == {
        ("logs:CreateLogStream", "!GetAtt TaskLogs.Arn"),
        ("logs:PutLogEvents", "!GetAtt TaskLogs.Arn"),
        *OF_A_FUNCTION,
    }
    assert ("lambda:InvokeFunction", "${TaskFunction.Arn}:*") in allowed_by(resources["StateMachineRole"])
    filled = resources["StateMachine"]["Properties"]["DefinitionSubstitutions"]
    assert resources[filled["TaskFunctionArn"].name]["Properties"] == {"FunctionName": Ref("TaskFunction")}
    assert "TaskFunctionArn" in written["Outputs"]
    more = default_settings("d", ("tasks",)).keys() - default_settings("d").keys()
    assert more == {"TaskPolicyArns", "VpcSubnetIds", "VpcSecurityGroupIds"}


@pytest.mark.parametrize(
    ("source", "arguments"),
    [
        ("from airflow.models import Variable\ndef run(): return Variable.get('x')", {}),
        ("def run(x): ...", {"op_args": ["{{ var.value.x }}"]}),
    ],
)
def test_a_dag_that_asks_for_variables_may_read_them(project, source, arguments):
    flow = project({"etl.py": source}, python("t", **arguments))
    role = stack_of(flow)["Resources"]["TaskRole"]
    place = "arn:${AWS::Partition}:ssm:${AWS::Region}:${AWS::AccountId}:parameter/airflow/variables/*"
    assert ("ssm:GetParameter", place) in allowed_by(role)


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ("from airflow.models import Variable\nX = Variable.get('x', default_var='y')\ndef run(): ...", "x"),
        ("from airflow.sdk import Variable as V\ndef run(): return V.get(key='x'), V.get('a')", "a, x"),
        ("import airflow.models as m\ndef run(n): return m.Variable.get(n)", "…"),
        ("import own\ndef run(n): return own.X", "in_module"),
        ("class Variable: ...\nVariable.get('x')\ndef run(): ...", None),
        ("def run(): return {}.get('x')", None),
    ],
)
def test_variables_that_have_to_be_in_parameter_store_are_named(project, source, named):
    own = "from airflow.models import Variable\nX = Variable.get('in_module')"
    flow = project({"own.py": own, "etl.py": source})
    found = [str(item) for item in variable_problems(flow, steps_of(flow)[0])]
    assert [item.partition(" from Parameter")[0].rpartition("Variables ")[2] for item in found] == (
        [named] if named else []
    )


def test_variables_in_templates_of_the_function_count_and_those_of_the_machine_do_not(project):
    there = "{{ var.value.a }} {{ var.json.b.c }} {{ var.value.get('d', 'e') }} {{ my.var }}"
    flow = project(
        {"etl.py": "def run(x): ..."},
        python("t", op_args=[there]),
        Task(
            "b", BASH, arguments={"bash_command": "echo {{ var.value.f }}"}, template_fields=("bash_command",)
        ),
    )
    (found,) = variable_problems(flow, steps_of(flow)[0])
    assert (found.code.id, found.dag_id) == ("D865", flow.dag_id)
    assert "the Variables a, b, d, f from" in str(found)
    without = project({"etl.py": "from airflow.models import Variable\nVariable.get('x')"}, empty("e"))
    assert list(variable_problems(without, steps_of(without)[0])) == []


def test_a_dag_without_python_tasks_has_no_function(project):
    flow = workflow(empty("a"), source_hash="0" * 64)
    written = made(flow)
    assert "TaskFunction" not in written["Resources"]
    assert "HasTaskPolicies" not in written["Conditions"]
    assert "TaskPolicyArns" not in written["Parameters"]


def test_cfn_lint_finds_nothing_to_object_to(project):
    flow = project({"etl.py": "from airflow.models import Variable\ndef run(): Variable.get('x')"})
    assert [
        str(match)
        for match in lint(template_text(flow, machine(flow), function_sources(flow, machine(flow))))
    ] == []


def kept_in_s3_by(flow):
    """The machine of a workflow that is converted with --xcom s3."""
    steps = kept_in_s3(steps_of(flow)[0], flow)
    return emit(flow, plan_workflow(flow), steps, Options(xcom=Xcom.S3), Pace(30, 3600))


def test_large_xcoms_are_kept_below_the_dags_own_prefix_and_nowhere_else(project):
    flow = project({"etl.py": "def run(): ..."}, dag_id="etl")
    written = made(flow, machine=kept_in_s3_by(flow))
    resources = written["Resources"]
    allowed = {pair for pair in allowed_by(resources["TaskRole"]) if pair[0].startswith("s3:")}
    place = "arn:${AWS::Partition}:s3:::${%s}/dag2sfn-xcom/etl/*"
    assert allowed == {
        (f"s3:{action}Object", place % bucket)
        for action in ("Get", "Put")
        for bucket in ("XComBucket", "ArtifactBucket")
    }
    assert resources["TaskFunction"]["Properties"]["Environment"]["Variables"] == {
        "DAG2SFN_XCOM_BUCKET": {"Fn::If": ["HasXComBucket", Ref("XComBucket"), Ref("ArtifactBucket")]},
        "DAG2SFN_XCOM_PREFIX": "dag2sfn-xcom/etl",
    }
    assert written["Parameters"]["XComBucket"]["Default"] == ""
    assert [str(match) for match in lint(_text(flow, kept_in_s3_by(flow)))] == []


def test_without_being_asked_nothing_of_s3_is_there(project):
    flow = project({"etl.py": "def run(): ..."})
    assert "XCom" not in _text(flow, machine(flow))
    assert "s3:" not in str(allowed_by(stack_of(flow)["Resources"]["TaskRole"]))


def _text(flow, its_machine):
    return template_text(flow, its_machine, function_sources(flow, its_machine))


def test_the_bucket_may_be_set_where_it_is_used(project, tmp_path):
    flow = project({"etl.py": "def run(): ..."})
    bundle = write_bundle(tmp_path / "bundle", flow, kept_in_s3_by(flow), Options(xcom=Xcom.S3))
    manifest = read_manifest(bundle)
    assert manifest.xcom_in_s3
    assert "XComBucket" in default_settings("d", manifest.functions, xcom_in_s3=True)
    assert "XComBucket" not in default_settings("d", manifest.functions)


@pytest.fixture
def bundle(project, tmp_path):
    flow = project({"etl.py": "import yaml\ndef run(): yaml.safe_load('')"})
    return write_bundle(tmp_path / "bundle", flow, machine(flow), Options())


@pytest.fixture
def index(tmp_path, monkeypatch):
    """An index of wheels in a folder; pip asks nothing else."""
    folder = tmp_path / "wheels"
    folder.mkdir()
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))

    def add(name, version, tag="py3-none-any", content="VALUE = 1"):
        info = f"{name}-{version}.dist-info"
        with zipfile.ZipFile(folder / f"{name}-{version}-{tag}.whl", "w") as wheel:
            wheel.writestr(f"{name}/__init__.py", content)
            wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
            wheel.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: {tag}\n")
            wheel.writestr(f"{info}/RECORD", "")

    return add


def test_packages_are_installed_for_lambda_once(bundle, index):
    assert missing_packages(bundle).code.id == "D267"
    index("PyYAML", YAML_VERSION, "cp312-cp312-manylinux2014_x86_64")
    told = []
    packaged = install_packages(bundle, on_progress=told.append)
    assert packaged.requirements == (f"PyYAML=={YAML_VERSION}",)
    assert told == [f"installing PyYAML=={YAML_VERSION}"]
    assert missing_packages(bundle) is None
    packages = bundle / "functions/tasks/packages"
    assert (packages / "PyYAML/__init__.py").read_text() == "VALUE = 1"
    assert {file.name for file in packages.glob("*.dist-info/*")} == {"METADATA", "WHEEL"}
    before = function_zip(bundle / "functions/tasks")
    assert install_packages(bundle, on_progress=told.append).size == packaged.size
    assert len(told) == 1
    assert function_zip(bundle / "functions/tasks") == before


def test_a_package_without_a_wheel_is_refused_with_pips_message(bundle, index):
    index("PyYAML", YAML_VERSION, f"cp3{sys.version_info.minor + 1}-cp39-win_amd64")
    with pytest.raises(Dag2SfnError) as raised:
        install_packages(bundle)
    assert [item.code.id for item in raised.value.diagnostics] == ["D268"]
    assert "No matching distribution" in str(raised.value)
    assert missing_packages(bundle)


def test_a_function_over_lambdas_limit_is_refused(bundle, index, monkeypatch):
    index("PyYAML", YAML_VERSION, content="#" * 200_000)
    monkeypatch.setattr("converter.packaging.packages.LARGEST_FUNCTION", 100_000)
    with pytest.raises(Dag2SfnError) as raised:
        install_packages(bundle)
    assert [item.code.id for item in raised.value.diagnostics] == ["D269"]


def test_a_bundle_that_needs_no_packages_is_left_as_it_is(project, tmp_path):
    flow = project({"etl.py": "def run(): ..."})
    bundle = write_bundle(tmp_path / "bundle", flow, machine(flow), Options())
    assert missing_packages(bundle) is None
    assert install_packages(bundle).requirements == ()
    assert not (bundle / "functions/tasks/packages").exists()
