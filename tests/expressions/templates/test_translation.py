import dataclasses
import json
import re
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from converter.expressions.deployment import parameter_name
from converter.expressions.jsonata import Expression, field_value
from converter.expressions.templates import Problem, Scope, forms, translate, translate_value
from converter.workflow import Opaque

SCOPE = forms.SCOPE
#: A number whose text JSONata and Python agree about, if at all.
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-(10**14), 10**14), st.floats(-1e6, 1e6), st.text(max_size=8)
)


def xcom_arg(text):
    return Opaque("airflow.sdk.definitions.xcom_arg.PlainXComArg", text)


def test_a_text_without_a_template_is_not_touched_and_jinja_is_not_imported():
    program = """
import sys
from converter.expressions.templates import Scope, translate_value
found = translate_value({"a": ["x ${y} {%", 1, None, True]}, Scope("d", "t")).value
assert found == {"a": ["x ${y} {%", 1, None, True]}, found
assert "jinja2" not in sys.modules
""".replace("{%", "{ %")
    subprocess.run([sys.executable, "-c", program], check=True)


def test_texts_anywhere_in_a_value_are_translated_and_keys_are_not():
    value = {"--day": ["{{ ds }}", {"{{ ds }}": "x{{ run_id }}"}], "n": 3}
    translated = translate_value(value, SCOPE).value
    assert isinstance(translated["--day"][0], Expression)
    assert isinstance(translated["--day"][1]["{{ ds }}"], Expression)
    assert translated["n"] == 3


def test_a_constant_template_becomes_a_text():
    assert translate("{{ var.value.bucket }}/{{ dag.dag_id }}/{{ 1 + 1 }}", SCOPE).value == "data-lake/etl/2"


def test_a_translation_names_the_tasks_that_it_reads_in_order():
    text = "{{ ti.xcom_pull('listing') | length }}{{ ti.xcom_pull(['extract', 'listing']) | join }}"
    assert translate(text, SCOPE).reads == ("listing", "extract")


def test_a_branch_that_is_never_taken_is_not_read():
    assert translate("{{ ti.xcom_pull('extract') if false else 'x' }}", SCOPE).reads == ()


@pytest.mark.parametrize(
    ("template", "uses_dates"),
    [
        ("{{ ds }}", True),
        ("{{ data_interval_end | ts }}", True),
        ("{{ dag_run.logical_date }}", True),
        ("{{ task_instance_key_str }}", True),
        ("{% set x = ts %}", True),
        ("{{ run_id }}{{ params.days }}{{ macros.ds_add('2024-01-01', 1) }}", False),
    ],
)
def test_a_translation_tells_whether_it_uses_the_runs_dates(template, uses_dates):
    assert translate(template, SCOPE).uses_dates is uses_dates


def test_all_problems_of_a_value_are_found_at_once_with_their_lines():
    value = ["{{ ds }}\n{{ not_there }}\n{% if true %}\n{{ next_ds }}{% endif %}", {"x": "{{ ti.hostname }}"}]
    problems = translate_value(value, SCOPE).problems
    assert [(problem.line, problem.what) for problem in problems] == [
        (2, "'not_there' is undefined"),
        (4, "'next_ds' is undefined since Airflow 3"),
        (1, "ti.hostname is not converted"),
    ]


def test_a_template_that_jinja_cannot_read_is_a_problem():
    (problem,) = translate("x\n{% endfor %}", SCOPE).problems
    assert problem.line == 2
    assert "Jinja cannot read it" in problem.what


def test_a_problem_reads_as_one_sentence():
    assert str(Problem("{{ x }}", 1, "it is bad", "mend it")) == "it is bad; mend it"


def test_an_xcom_reference_keeps_its_type(evaluate):
    value = xcom_arg("{{ task_instance.xcom_pull(task_ids='count_rows', dag_id='etl', key='return_value') }}")
    translation = translate_value({"rows": value}, SCOPE)
    assert evaluate(translation.value) == {"rows": 3}
    assert translation.reads == ("count_rows",)


def test_an_xcom_reference_to_nothing_is_none_and_to_a_missing_key_fails(evaluate, task_failed):
    text = "{{{{ task_instance.xcom_pull(task_ids='silent', dag_id='etl', key='{}') }}}}"
    returned, key = xcom_arg(text.format("return_value")), xcom_arg(text.format("part"))
    assert evaluate(translate_value(returned, SCOPE).value) is None
    with pytest.raises(task_failed, match="key='part'"):
        evaluate(translate_value(key, SCOPE).value)
    several = dataclasses.replace(SCOPE, multiple_outputs=frozenset({"silent"}))
    assert evaluate(translate_value(key, several).value) is None


def test_an_xcom_reference_to_a_key_that_was_pushed_with_none_fails(evaluate, task_failed, run):
    """As in Airflow, which xcom_pull(default=…) tells the same (RuntimeTaskInstance.xcom_pull)."""
    pushed = dataclasses.replace(run, xcoms={"extract": {"return_value": None, "rows": None, "zero": 0}})
    text = "{{{{ task_instance.xcom_pull(task_ids='extract', dag_id='etl', key='{}') }}}}"
    rows, zero, returned = (xcom_arg(text.format(key)) for key in ("rows", "zero", "return_value"))
    with pytest.raises(task_failed, match="key='rows'"):
        evaluate(translate_value(rows, SCOPE).value, pushed)
    assert evaluate(translate_value(zero, SCOPE).value, pushed) == 0
    assert evaluate(translate_value(returned, SCOPE).value, pushed) is None


@pytest.mark.parametrize(
    "text",
    [
        "{{ task_instance.xcom_pull(task_ids='extract', dag_id='other', key='return_value') }}",
        "{{ task_instance.xcom_pull(task_ids='mapped', dag_id='etl', key='return_value') }}",
        "{{ task_instance.xcom_pull(task_ids='extract', dag_id='etl', key='it's') }}",
        "{{ ds }}",
    ],
)
def test_an_xcom_reference_that_no_machine_can_follow_is_refused(text):
    (problem,) = translate_value([xcom_arg(text)], SCOPE).problems
    assert problem.template == text


def test_another_python_object_is_left_to_the_caller():
    item = Opaque("builtins.function", "dags.etl.make")
    translation = translate_value([item], SCOPE)
    assert translation.value == [item]
    assert not translation.problems


def test_xcoms_may_have_any_key(airflow, evaluate, run):
    keys = ["a.b", "it's", "${x}", "{%", "a`b", "null", "é"]
    this_run = dataclasses.replace(run, xcoms={"extract": {key: f"<{key}>" for key in keys}})
    for key in keys:
        template = f"{{{{ ti.xcom_pull('extract', key={key!r}) }}}}"
        found = evaluate(translate(template, SCOPE).value, this_run)
        assert found == airflow.render(template, this_run) == f"<{key}>"


def test_conf_may_have_any_key(airflow, evaluate, run):
    keys = ["a.b", "it's", "${x}", "{%", "a`b", "null", "get", "copy"]
    this_run = dataclasses.replace(run, conf={key: f"<{key}>" for key in keys})
    for key in keys:
        template = f"{{{{ dag_run.conf[{key!r}] }}}}"
        found = evaluate(translate(template, SCOPE).value, this_run)
        assert found == airflow.render(template, this_run) == f"<{key}>"


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ dag_run.conf.missing }}", "dag_run.conf.missing is undefined"),
        ("{{ dag_run.conf.nested.missing }}", "dag_run.conf.nested.missing is undefined"),
        ("{{ dag_run.conf.list[7] }}", "dag_run.conf.list[7] is undefined"),
        ("{{ dag_run.conf.nested }}", "an object has no text: use tojson, join or a member of it"),
        ("{{ dag_run.conf.count.strip() }}", "a string is needed, and this is of type number"),
    ],
)
def test_a_task_that_fails_on_its_template_says_why(evaluate, task_failed, template, message):
    with pytest.raises(task_failed) as failure:
        evaluate(translate(template, SCOPE).value)
    assert str(failure.value).endswith(f"D3137: {message}")


def test_a_run_without_dates_says_so(evaluate, task_failed, run):
    for date in (None, "2024-03-31T00:00:00Z", "2024-03-31", "2024-03-31T02:00:00+02:00"):
        this_run = dataclasses.replace(run, logical_date=date)
        with pytest.raises(task_failed, match="the run has no logical_date like 2024-03-31T00:00:00"):
            evaluate(translate("{{ ts }}", SCOPE).value, this_run)


def test_a_param_without_default_is_what_conf_says(evaluate, run, task_failed):
    scope = dataclasses.replace(SCOPE, params={"x": Opaque("airflow.sdk.Param", "no default")})
    value = translate("{{ params.x }}", scope).value
    assert evaluate(value, dataclasses.replace(run, conf={"x": 5})) == "5"
    with pytest.raises(task_failed, match=r"params\.x is undefined"):
        evaluate(value)


@pytest.mark.parametrize(
    ("template", "parameter", "stands_for"),
    [
        ("s3://{{ var.value.bucket_name }}/x", "VariableBucketName", "The Airflow Variable bucket_name"),
        # Whether Airflow has the Variable is not known, so the default may be wrong.
        ("s3://{{ var.value.get('bucket', 'x') }}/x", "VariableBucket", "The Airflow Variable bucket"),
        ("s3://{{ environ.BUCKET }}/x", "EnvironmentBucket", "The environment variable BUCKET"),
    ],
)
def test_what_nobody_gave_is_a_parameter_of_the_stack(template, parameter, stands_for):
    translation = translate(template, dataclasses.replace(SCOPE, variables=None))
    assert translation.value == Expression(f"'s3://' & '${{{parameter}}}' & '/x'")
    assert (translation.problems, translation.deployed) == ((), {parameter: stands_for})


def test_a_member_of_a_variable_with_json_is_a_parameter_and_the_whole_of_it_is_not():
    scope = dataclasses.replace(SCOPE, variables=None)
    (name,) = translate("{{ var.json.env.names['lake'] }}", scope).deployed
    assert name.startswith("VariableEnvNamesLake")
    (problem,) = translate("{{ var.json.env }}", scope).problems
    assert "--variables" in problem.remedy


@pytest.mark.parametrize("kind", ["Variable", "Environment"])
def test_two_keys_never_share_a_parameter(kind):
    keys = ["bucket", "BUCKET", "Bucket", "bucket_1", "bucket1", "a_b", "ab", "a.b", "a-b", "aB", "bücket"]
    names = {parameter_name(kind, key) for key in keys}
    assert len(names) == len(keys)
    assert all(name.isascii() and name.isalnum() for name in names)


def test_no_secret_of_a_connection_gets_into_a_definition():
    scope = dataclasses.replace(
        SCOPE, connections={"lake": {"host": "h", "password": "geheim", "extra": "{}"}}
    )
    assert translate("{{ conn.lake.host }}", scope).value == "h"
    for field in ("password", "extra", "extra_dejson.key", "get_uri()"):
        translation = translate(f"{{{{ conn.lake.{field} }}}}", scope)
        assert translation.problems
        assert "geheim" not in str(translation)


def test_filters_and_macros_of_the_dag_are_refused_even_under_a_name_of_jinjas():
    scope = dataclasses.replace(SCOPE, user_defined=frozenset({"upper", "range", "mine"}))
    for template in ("{{ ds | upper }}", "{{ range(3) }}", "{{ mine(ds) }}", "{{ 'a' | upper }}"):
        (problem,) = translate(template, scope).problems
        assert "user_defined" in problem.what


@settings(max_examples=150, deadline=None)
@given(SCALARS)
def test_values_of_the_run_are_written_as_python_writes_them_or_not_at_all(value):
    found = evaluated_or_none("{{ dag_run.conf.x }}", value)
    # JSON of a machine does not tell 5.0 from 5.
    expected = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    assert found in (expected, None)
    if not isinstance(value, float):
        assert found == expected


@settings(max_examples=100, deadline=None)
@given(
    st.recursive(
        SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=4), inner), max_leaves=6
    )
)
def test_tojson_writes_what_jinja_writes_or_nothing(value):
    found = evaluated_or_none("{{ dag_run.conf.x | tojson }}", value)
    expected = json.dumps(whole_numbers(value), sort_keys=True)
    for character in "<>&'":
        expected = expected.replace(character, f"\\u{ord(character):04x}")
    assert found in (expected, None)


def evaluated_or_none(template, value):
    from converter.engine import SimulatedBackend, TaskResult, run_virtual

    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "t",
        "States": {
            "t": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"x": field_value(translate(template, SCOPE).value)},
                "End": True,
            }
        },
    }
    backend = SimulatedBackend({"t": lambda call: TaskResult(output=call.arguments)})
    execution = run_virtual(definition, {"conf": {"x": value}}, backend)
    return json.loads(execution.output)["x"] if execution.status == "SUCCEEDED" else None


def whole_numbers(value):
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [whole_numbers(item) for item in value]
    return {key: whole_numbers(item) for key, item in value.items()} if isinstance(value, dict) else value


def all_expressions():
    for section in forms.TRANSLATED:
        for template in section.templates:
            value = translate(template, SCOPE).value
            if isinstance(value, Expression):
                yield value


def test_no_expression_looks_like_a_substitution_of_cloudformation():
    assert not [value for value in all_expressions() if "${" in value.text]


def test_every_variable_of_an_expression_is_defined_in_it():
    known = {"states", "contains", "error"}
    functions = set(re.findall(r"\$(\w+)\(", " ".join(value.text for value in all_expressions())))
    for value in all_expressions():
        defined = set(re.findall(r"\$(\w+) :=", value.text))
        for parameters in re.findall(r"function\(([^)]*)\)", value.text):
            defined |= set(re.findall(r"\$(\w+)", parameters))
        code = re.sub(r"'[^']*'|\"[^\"]*\"", "", value.text)
        used = set(re.findall(r"\$(\w+)\b(?!\()", code))
        assert used <= defined | known, value.text
    assert {"need", "str", "date"} <= functions


def test_the_same_template_gives_the_same_text_wherever_it_stands():
    text = "{{ params.region or ds }}"
    alone = translate(text, SCOPE).value
    assert translate_value(["{{ run_id or ts }}", text], SCOPE).value[1] == alone


def test_an_empty_text_stays_empty_and_is_none_inside_a_native_value(airflow):
    native = dataclasses.replace(SCOPE, native=True)
    assert translate_value("", native).value == ""
    assert translate_value([""], native).value == airflow.render([""], native=True) == [None]
    assert translate_value([""], SCOPE).value == airflow.render([""]) == [""]


def test_a_native_field_takes_the_type_of_its_value(airflow, evaluate):
    native = dataclasses.replace(SCOPE, native=True)
    templates = [
        "{{ ti.xcom_pull('listing') }}",
        "{{ ti.xcom_pull(['extract', 'count_rows']) }}",
        "{{ dag_run.conf.nested }}",
        "{{ params.days }}",
        "{{ ds_nodash }}",
        "{{ dag_run.conf.count + 1 }}",
        "{{ dag_run.conf.yes and true }}",
        "5",
        "[1, 'two', None]",
        "{'a': 1}",
        "no literal",
        "{{ ds }}",
        "{{ '05' }}",
    ]
    for template in templates:
        found = evaluate({"x": translate(template, native).value})["x"]
        expected = airflow.render(template, native=True)
        assert found == expected
        assert type(found) is type(expected)


def test_a_date_is_no_native_value():
    native = dataclasses.replace(SCOPE, native=True)
    (problem,) = translate("{{ logical_date }}", native).problems
    assert "strftime" in problem.remedy


def test_a_scope_needs_only_the_ids():
    assert translate("{{ dag.dag_id }}.{{ task.task_id }}", Scope("d", "t")).value == "d.t"


@pytest.mark.parametrize(
    ("old", "todays"),
    [
        ("execution_date", "logical_date"),
        ("execution_date.strftime('%Y/%m')", "logical_date.strftime('%Y/%m')"),
        ("next_ds", "data_interval_end | ds"),
        ("next_ds_nodash", "data_interval_end | ds_nodash"),
        ("yesterday_ds", "macros.ds_add(ds, -1)"),
        ("tomorrow_ds", "macros.ds_add(ds, 1)"),
        ("tomorrow_ds_nodash", "macros.ds_add(ds, 1) | replace('-', '')"),
    ],
)
def test_a_file_for_airflow_2_has_the_names_of_airflow_2(old, todays, evaluate, run):
    scope = dataclasses.replace(SCOPE, of_airflow_2=True)
    first, second = (evaluate(translate(f"{{{{ {text} }}}}", scope).value, run) for text in (old, todays))
    assert first == second
    assert translate(f"{{{{ {old} }}}}", SCOPE).problems
