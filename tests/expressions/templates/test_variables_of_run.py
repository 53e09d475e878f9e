"""Variables that a run reads when it begins, in Airflow and in the engine."""

from __future__ import annotations

import dataclasses

import pytest

from converter.expressions.templates import forms, translate

SCOPE = dataclasses.replace(forms.SCOPE, variables=None, variables_of_run=True)
(KNOWN,) = (one.templates for one in forms.TRANSLATED if one.title.startswith("Variables"))
RENDERED = [
    *KNOWN,
    "{{ var.value.bucket[:4] | upper }}",
    "{% if var.value.bucket == 'data-lake' %}yes{% endif %}",
    "{{ var.value.bucket is defined }}",
    "{{ var.json.config.days | length }}{% for day in var.json.config.days %}-{{ day }}{% endfor %}",
    "{{ var.value.get('missing', '') or 'empty' }}",
    "{{ var.value.get('missing', none) }}",
    "{{ var.json.get('missing', {'a': 1}).a }}",
    "{{ var.value.get('bucket', 'x') }}/{{ ds }}",
]
FAILING = [
    "{{ var.value.missing }}",
    "{{ var.value.missing | default('x') }}",
    "{{ var.value.missing is defined }}",
    "{{ 'y' if var.value.missing else 'n' }}",
    "{{ var.json.missing }}",
    "{{ var.json.missing.a }}",
    # It holds a text that is no JSON.
    "{{ var.json.bucket }}",
]
#: What fails, after the expression, which an error quotes.
NO_JSON = r"The argument of \$parse is no JSON"


@pytest.mark.parametrize("template", RENDERED)
def test_a_template_gives_the_text_that_airflow_renders(airflow, evaluate, template):
    translation = translate(template, SCOPE)
    assert not translation.problems
    assert not translation.deployed
    assert translation.variables
    assert evaluate(translation.value) == airflow.render(template)


@pytest.mark.parametrize("template", FAILING)
def test_a_task_fails_where_it_fails_in_airflow(airflow, evaluate, task_failed, template):
    with pytest.raises(task_failed):
        airflow.render(template)
    reason = NO_JSON if "bucket" in template else "the Variable missing is undefined$"
    with pytest.raises(task_failed, match=reason):
        evaluate(translate(template, SCOPE).value)


def test_get_without_a_default_fails_the_task_where_airflow_writes_a_placeholder(
    airflow, evaluate, task_failed
):
    assert airflow.render("{{ var.value.get('missing') }}") == "NOTSET"
    translation = translate("{{ var.value.get('missing') }}", SCOPE)
    with pytest.raises(task_failed, match="the Variable missing is undefined"):
        evaluate(translation.value)


def test_the_default_is_not_for_a_text_that_is_no_json_although_airflow_takes_it(
    airflow, evaluate, task_failed
):
    template = "{{ var.json.get('bucket', 'x') }}"
    assert airflow.render(template) == "x"
    with pytest.raises(task_failed, match=NO_JSON):
        evaluate(translate(template, SCOPE).value)


@pytest.mark.parametrize("name", ["with blank", "ü", "a:1", "/a", "a//b", ""])
def test_a_name_that_no_parameter_can_have_is_refused(name):
    (problem,) = translate(f"{{{{ var.value['{name}'] }}}}", SCOPE).problems
    assert "Parameter Store" in problem.what
    assert problem.remedy
