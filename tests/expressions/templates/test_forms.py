"""Every form of docs/templates.md, in Airflow and in the engine."""

from __future__ import annotations

import dataclasses

import pytest

from converter.expressions.templates import forms, translate

#: Around the ends of months and years, leap days, and changes of clocks in Berlin and New York.
DATES = """
    2023-12-31T23:59:59 2024-01-01T00:00:00 2024-02-28T22:30:00 2024-02-29T12:00:00 2023-02-28T00:00:00
    2024-03-10T07:30:00 2024-03-31T01:00:00 2024-10-27T00:59:59.123456 2024-11-03T06:00:00
    2024-12-30T05:05:05.000100 2000-02-29T13:00:00
""".split()
TEMPLATES = [template for section in forms.TRANSLATED for template in section.templates]
ABOUT_DATES = [template for template in TEMPLATES if translate(template, forms.SCOPE).uses_dates]


def outcome(action, *arguments, task_failed, **options):
    try:
        return action(*arguments, **options)
    except task_failed:
        return "the task fails"


def test_there_are_enough_forms():
    assert len(set(TEMPLATES)) >= 80


@pytest.mark.parametrize("template", TEMPLATES)
def test_a_form_gives_the_text_that_airflow_renders(airflow, evaluate, template):
    translation = translate(template, forms.SCOPE)
    assert not translation.problems
    found = evaluate(translation.value)
    assert isinstance(found, str)
    assert found == airflow.render(template)


@pytest.mark.parametrize("date", DATES)
def test_forms_about_dates_agree_on_every_date(airflow, evaluate, run, date):
    this_run = run.at(f"{date}+00:00")
    different = {
        template: (expected, found)
        for template in ABOUT_DATES
        if (expected := airflow.render(template, this_run))
        != (found := evaluate(translate(template, forms.SCOPE).value, this_run))
    }
    assert not different
    assert len(ABOUT_DATES) > 80


@pytest.mark.parametrize("template", TEMPLATES)
def test_without_a_logical_date_a_task_fails_where_it_fails_in_airflow(
    airflow, evaluate, run, task_failed, template
):
    this_run = dataclasses.replace(run, logical_date=None, data_interval_start=None, data_interval_end=None)
    translation = translate(template, forms.SCOPE)
    found = outcome(evaluate, translation.value, this_run, task_failed=task_failed)
    expected = outcome(airflow.render, template, this_run, task_failed=task_failed)
    # Where Airflow writes None for a date of dag_run, the machine's task fails.
    stricter = expected == "None" and "dag_run.conf" not in template and "xcom" not in template
    assert found == ("the task fails" if stricter else expected)


@pytest.mark.parametrize("template", forms.REFUSED)
def test_what_is_not_translated_is_refused_with_a_remedy(template):
    (problem,) = translate(template, forms.SCOPE).problems
    assert problem.template == template
    assert problem.line == 1
    assert problem.what
    assert problem.remedy


@pytest.mark.parametrize("template", TEMPLATES)
def test_native_rendering_gives_airflows_value_or_says_that_it_does_not(
    airflow, evaluate, task_failed, template
):
    translation = translate(template, dataclasses.replace(forms.SCOPE, native=True))
    if translation.problems:
        return
    found = outcome(evaluate, translation.value, task_failed=task_failed)
    expected = airflow.render(template, native=True)
    assert found in (expected, "the task fails")
    assert isinstance(found, bool) is isinstance(expected, bool) or found == "the task fails"


def test_most_forms_are_rendered_natively(evaluate, task_failed):
    native = dataclasses.replace(forms.SCOPE, native=True)
    translations = [translate(template, native) for template in TEMPLATES]
    values = [translation.value for translation in translations if not translation.problems]
    outcomes = [outcome(evaluate, value, task_failed=task_failed) for value in values]
    assert len(values) > 0.85 * len(TEMPLATES)
    assert outcomes.count("the task fails") < 0.06 * len(values)
