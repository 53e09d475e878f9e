"""Writes docs/templates.md: each form of the table that the tests prove, with what it gives."""

from __future__ import annotations

import html
import json
from collections.abc import Iterator
from typing import Any

from converter.engine import SimulatedBackend, TaskResult, run_virtual
from converter.expressions.jsonata import Expression, field_value
from converter.expressions.templates import forms, translate

_INTRODUCTION = """
# Templates

A template field of a task becomes a constant where all of it is known at conversion, else a JSONata
expression in the `Arguments` of the task's state. It gives the text that Airflow's Jinja gives. Jinja's own
parser reads the templates, so white space control, comments and `{% raw %}` are Jinja's.

Where Python and JSONata differ, the expression brings along small functions, such as `$str` for Python's
`str()`: the text of `None`, `True` and numbers. A template that cannot be translated is refused (D205), with
what to write instead; all refusals of a DAG are shown at once.

Step Functions spells the names in a call's arguments its own way: ECS's `containerOverrides` are its
`ContainerOverrides`. What is written in the file is spelled so at conversion, with templates wherever they
stand in it. A whole structure that only the run knows (`overrides=choose.output`, ECS's or Batch's, or an
operator expanded over such a list) cannot be, and is refused (D205); where all its names are the author's
own, as in `parameters=choose.output` of a Batch job, it is passed on as it is.

## When the run decides

- **A value is undefined** (`dag_run.conf.x` without `x`): the task fails, as in Airflow. The cause names the
  value. `default`, `is defined` and `get` work as in Airflow.
- **A run without a logical date** (one started by hand or by an asset): a task whose template uses `ds`,
  `ts`, `logical_date`, the data interval or what follows from them fails, as in Airflow, with the cause
  *the run has no logical_date*. Two ways out are Airflow's own: `{{ ds | default('…') }}` and
  `{{ ds if logical_date is defined else '…' }}`. Only `{{ dag_run.logical_date }}` is stricter than Airflow,
  which writes `None`.
- **The run's input** has to hold its dates in the form `2024-03-31T00:00:00+00:00`: in UTC, with six digits
  of microseconds if there are any. Any other form fails the task: it would be cut to wrong pieces.
- **A template that fails is not retried**, because its data stays the same. Airflow would retry, in vain.

## Variables of each run

`--variables-from ssm` (`variables-from: ssm` in [dag2sfn.yaml](configuration.md)) has each run read the
Variables of its templates from SSM Parameter Store, where Airflow's own backend for it and the function of
Python tasks look: `/airflow/variables/NAME`. A change takes effect with the next run, without a deployment.

- A machine whose tasks have such templates begins with a call of `ssm:GetParameters` for each ten
  Variables, and its role is allowed just these parameters. What was read holds until the end of that
  execution; `run --resume` reads anew, and so do child machines and the outer machine of a DAG with
  teardowns, those of their own tasks. Airflow reads a Variable whenever a task begins.
- `--variables FILE` is then for what the DAG file reads while it is imported, and for `verify`; templates
  do not take values from it.
- A Variable that is missing fails the tasks that name it, as in Airflow: `default` and `is defined` do not
  help there, and `var.value.get('x', 'default')` does. `get` without a default fails as well, where Airflow
  3 writes `NOTSET`.
- If parameters cannot be read (no permission, no answer after seven tries), the tasks that name them fail,
  also those with a default, and the cause says why. The others run.
- `var.json` reads the text as JSON in the task that names it; text that is no JSON fails the task, where
  Airflow 3 takes the default if there is one.
- Secure strings are decrypted. Under the key `aws/ssm` that needs no further permission; under a key of
  yours, deploy with `KmsKeyArn`, which the role may use. **What is read stands in the history of the
  execution**, in plain text for whoever may read that: a secret that no template needs does not belong into
  a template.
- Names need the characters of parameters (letters, digits, `.`, `_`, `-`, `/`): others are refused (D205).
  All Variables of a machine together have room for 256 KiB.

## What differs

- JSON in a machine does not tell `5.0` from `5`: a float of conf or of an XCom without a fraction is written
  without `.0`.
- These fail the task rather than write something else than Airflow: a list or dict of the run in the middle
  of a text (use `tojson`, `join` or a member of it), numbers of more than 15 digits or smaller than 0.0001,
  arithmetic with fractions of the run, text outside of ASCII in `tojson`, a loop over a dict or a text of the
  run.
- The value of `x if y` without an else may be written, tested, joined with `~`, or go through a filter. In a
  list or a call the task fails where `y` is false.
- Params are not checked against their JSON schema.
- Files of templates (`query="sql/load.sql"`) are read at conversion. One that is not found is refused (D203):
  in Airflow its task fails, and its name is no query.
- `xcom_pull` without `task_ids` is converted in files for Airflow 2, where it finds the latest XCom of any
  task: here, that of the task before it that has the key and ended last (D232).
- The `default` of `xcom_pull` without `map_indexes` is not used: neither does Airflow 3.3.
- With `render_template_as_native_obj`, texts that read like a Python literal become its value: True, False,
  None, and numbers. A text that may be another literal (a tuple, a list, a quoted string, a number with
  underscores) fails the task.
- `ti.try_number` counts every retry of the state, those after throttling included.
- The DAG's own `user_defined_macros` and `user_defined_filters` are refused where they are used.
""".strip()


def templates_page() -> str:
    """Return docs/templates.md."""
    return "\n".join(
        [
            _INTRODUCTION,
            "",
            *_example(),
            *(line for one in forms.TRANSLATED for line in _section(one)),
            *_refused(),
        ]
    )


def _example() -> Iterator[str]:
    yield "## How it looks"
    yield ""
    for template in ("s3://lake/{{ ds }}/", "{{ ti.xcom_pull('extract') }}"):
        yield f"`{template}` becomes"
        yield ""
        yield f"    {field_value(translate(template, forms.SCOPE).value)}"
        yield ""
    yield "The tables below show what each form gives in a run of task `load` of DAG `etl` with"
    yield ""
    yield from _code({**forms.RUN, "params (defaults)": forms.PARAMS, "Variables": forms.VARIABLES})
    yield "whose other tasks pushed"
    yield ""
    yield from _code(forms.XCOMS)


def _code(values: dict[str, Any]) -> Iterator[str]:
    for name, value in values.items():
        yield f"    {name}: {json.dumps(value, ensure_ascii=False)}"
    yield ""


def _section(section: forms.Section) -> Iterator[str]:
    yield f"## {section.title}"
    yield ""
    if section.about:
        yield section.about
        yield ""
    yield "| template | gives |"
    yield "| --- | --- |"
    for template in section.templates:
        yield f"| {_cell(template)} | {_cell(_result(template))} |"
    yield ""


def _refused() -> Iterator[str]:
    yield "## Refused"
    yield ""
    yield "Among others; whatever is not on this page is refused, too."
    yield ""
    yield "| template | why | instead |"
    yield "| --- | --- | --- |"
    for template in forms.REFUSED:
        (problem,) = translate(template, forms.SCOPE).problems
        yield f"| {_cell(template)} | {_text(problem.what)} | {_text(problem.remedy)} |"


def _result(template: str) -> str:
    value = translate(template, forms.SCOPE).value
    return _evaluated(value) if isinstance(value, Expression) else value


def _evaluated(value: Expression) -> str:
    """Return what the machine's task is given, in a run whose other tasks are done."""
    records = {
        task: {
            **({"output": xcoms["return_value"]} if "return_value" in xcoms else {}),
            "xcom": {key: item for key, item in xcoms.items() if key != "return_value"},
        }
        for task, xcoms in forms.XCOMS.items()
    }
    definition = {
        "QueryLanguage": "JSONata",
        "StartAt": "records",
        "States": {
            "records": {"Type": "Pass", "Output": field_value(records), "Next": "load"},
            "load": {
                "Type": "Task",
                "Resource": "arn:aws:states:::lambda:invoke",
                "Arguments": {"text": str(value)},
                "End": True,
            },
        },
    }
    backend = SimulatedBackend({"load": lambda call: TaskResult(output=call.arguments)})
    execution = run_virtual(definition, forms.RUN, backend)
    if execution.output is None:
        raise ValueError(f"{value}: {execution.cause}")
    return str(json.loads(execution.output)["text"])


def _cell(text: str) -> str:
    visible = json.dumps(text, ensure_ascii=False)[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    return f"<code>{html.escape(visible, quote=False).replace('|', '&#124;').replace('  ', ' &nbsp;')}</code>"


def _text(text: str) -> str:
    return html.escape(text, quote=False).replace("|", "&#124;").replace("{", "&#123;")
