"""Random workflows whose tasks hand values to each other: XComs in all forms, conf, dates, mapping."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from random import Random
from typing import Any

from mapped import listed, xcom, zipped
from random_dags import random_dag
from random_mapped_dags import TOO_EARLY
from workflows import GLUE, START_EXECUTION, reader

from converter.expansion import Expansion, Source, SourceKind
from converter.relations import Relations
from converter.workflow import Opaque, Task, Workflow

_AMAZON = "airflow.providers.amazon.aws"
_XCOM_ARG = "airflow.sdk.definitions.xcom_arg.PlainXComArg"
_DAG_ID = "data"
#: Operator, its arguments that are texts, others that it needs.
_OPERATORS: tuple[tuple[str, tuple[str, ...], dict[str, Any]], ...] = (
    (
        f"{_AMAZON}.operators.sns.SnsPublishOperator",
        ("message", "subject"),
        {"target_arn": "arn:aws:sns:e:1:t"},
    ),
    (f"{_AMAZON}.operators.sqs.SqsPublishOperator", ("message_content",), {"sqs_queue": "https://q/1/q"}),
    (
        f"{_AMAZON}.operators.lambda_function.LambdaInvokeFunctionOperator",
        ("payload",),
        {"function_name": "f"},
    ),
    (
        f"{_AMAZON}.operators.athena.AthenaOperator",
        ("query",),
        {"database": "d", "output_location": "s3://b/a"},
    ),
    (
        f"{_AMAZON}.operators.s3.S3CreateObjectOperator",
        ("data", "s3_key"),
        {"s3_bucket": "b", "replace": True},
    ),
)
_SENSORS: tuple[tuple[str, str, dict[str, Any]], ...] = (
    (f"{_AMAZON}.sensors.emr.EmrStepSensor", "step_id", {"job_flow_id": "j"}),
    (f"{_AMAZON}.sensors.glue.GlueJobSensor", "run_id", {"job_name": "j"}),
    (f"{_AMAZON}.sensors.athena.AthenaSensor", "query_execution_id", {}),
    (f"{_AMAZON}.sensors.s3.S3KeySensor", "bucket_key", {"bucket_name": "b"}),
)
_PARAMS = {"region": "eu", "days": 7, "full": False, "none": None, "over": "it's {{ ds }}"}
_DATES = (
    "{{ ds }}",
    "{{ ts_nodash }}",
    "{{ data_interval_end | ds }}",
    "{{ macros.ds_add(ds, -1) }}",
    "{{ (logical_date - macros.timedelta(hours=2)).strftime('%Y/%m/%d %H') }}",
    "{{ logical_date.start_of('month') | ds_nodash }}",
    "{{ run_id }}",
    "{{ dag.dag_id }}/{{ task.task_id }}",
)
_CONF = (
    "{{ dag_run.conf['table'] }}",
    "{{ dag_run.conf.get('limit', 10) }}",
    "{{ dag_run.conf.nested.key | default('none') }}",
    "{{ dag_run.conf.files | join(',') }}",
    "{% for f in dag_run.conf.files %}{{ loop.index }}:{{ f }};{% endfor %}",
    "{{ params.region }}-{{ params.days }}-{{ params.over }}",
    "{{ 'full' if params.full else 'part' }}",
    "{{ params.none or dag_run.conf.table }}",
)


class Texts:
    """Writes templates for one task that may read these others."""

    def __init__(self, rng: Random, tasks: Sequence[Task]) -> None:
        self._rng = rng
        self._mapped = [task.task_id for task in tasks if task.is_mapped]
        self._plain = [task.task_id for task in tasks if not task.is_mapped]

    def text(self) -> str:
        kinds = (self.pulled, self.pulled, self.pulled, self.date, self.conf, self.plain)
        return "".join(self._rng.choice(kinds)() for _ in range(self._rng.choice((1, 1, 1, 2, 3))))

    def plain(self) -> str:
        return self._rng.choice(("s3://b/", "${x} {%", "it's", "x\r\ny\n", "$.a", "é")).replace("{%", "{ %")

    def date(self) -> str:
        return self._rng.choice(_DATES)

    def conf(self) -> str:
        return self._rng.choice(_CONF)

    def value(self) -> Any:
        """An argument: a template, or the XCom itself."""
        if self._plain and self._rng.random() < 0.2:
            return self.xcom_arg()
        return self.text()

    def xcom_arg(self) -> Opaque:
        task, key = self._rng.choice(self._plain), self._rng.choice(("return_value", "return_value", "rows"))
        text = f"{{{{ task_instance.xcom_pull(task_ids='{task}', dag_id='{_DAG_ID}', key='{key}') }}}}"
        return Opaque(_XCOM_ARG, text)

    def pulled(self) -> str:
        if self._mapped and self._rng.random() < 0.4:
            return self._of_mapped()
        if not self._plain:
            return self.date()
        one, other = self._rng.choice(self._plain), self._rng.choice(self._plain)
        pull, key = f"ti.xcom_pull('{one}')", self._rng.choice(("rows", "other key"))
        forms = (
            f"{{{{ {pull} }}}}",
            f"{{{{ {pull} }}}}",
            f"{{{{ ti.xcom_pull(task_ids='{one}', key='return_value') }}}}",
            f"{{{{ task_instance.xcom_pull(task_ids='{one}', key='{key}') }}}}",
            f"{{{{ ti.xcom_pull('{one}', map_indexes=none, default='d') }}}}",
            f"{{{{ {pull}['name'] }}}}/{{{{ {pull}.total }}}}",
            f"{{{{ {pull}.deep.list[0] }}}}",
            f"{{{{ {pull} | join('+') }}}}",
            f"{{{{ {pull} | length }}}}",
            f"{{{{ {pull} or 'nothing' }}}}",
            f"{{{{ 'yes' if {pull} else 'no' }}}}",
            f"{{{{ {pull} is none }}}}",
            f"{{% if {pull} == 'a' %}}A{{% else %}}{{{{ {pull} }}}}{{% endif %}}",
            f"{{{{ ti.xcom_pull(task_ids=['{one}', '{other}'])[1] }}}}",
            f"{{{{ ti.xcom_pull(task_ids=['{one}', '{other}']) | join(' ') }}}}",
            f"{{% for x in {pull} %}}{{{{ x }}}},{{% endfor %}}",
            f"{{{{ {pull} ~ '-' ~ ti.xcom_pull('{other}') }}}}",
            f"{{{{ {pull} | string | upper }}}}",
            f"{{{{ {pull} | default('none there', true) }}}}",
            f"{{{{ {pull}.get('name', 'x') }}}}",
        )
        return self._rng.choice(forms)

    def _of_mapped(self) -> str:
        one = self._rng.choice(self._mapped)
        other = self._rng.choice((*self._mapped, *self._plain))
        forms = (
            f"{{{{ ti.xcom_pull('{one}') | join(',') }}}}",
            f"{{{{ ti.xcom_pull('{one}')[0] }}}}",
            f"{{{{ ti.xcom_pull('{one}') | length }}}}",
            f"{{{{ ti.xcom_pull(task_ids=['{one}', '{other}']) | join(' ') }}}}",
            f"{{{{ ti.xcom_pull('{one}', key='rows') | length }}}}",
            f"{{% for x in ti.xcom_pull('{one}') %}}{{{{ x }}}},{{% endfor %}}",
        )
        return self._rng.choice(forms)


def random_data_dag(seed: int, largest: int = 10) -> Workflow:
    """Return a DAG of :func:`random_dag` whose tasks read what others push; some are mapped, some sensors."""
    rng = Random(f"data {seed}")
    flow = random_dag(seed, largest)
    relations = Relations(flow)
    made: dict[str, Task] = {}
    for task in flow.tasks:
        before = [made[name] for name in made if name in relations.ancestors(task.task_id)]
        made[task.task_id] = _task(rng, task, before)
    return replace(flow, dag_id=_DAG_ID, tasks=tuple(made.values()), params=_PARAMS)


def _task(rng: Random, task: Task, before: Sequence[Task]) -> Task:
    texts = Texts(rng, before)
    fixed = task.is_setup or task.is_teardown
    if task.operator == "tests.Python":
        reads = [other.task_id for other in before if rng.random() < 0.5]
        made = reader(task, reads)
        return made if fixed or rng.random() < 0.6 else _mapped_reader(rng, made, before)
    if task.operator == START_EXECUTION:
        given = {"day": texts.value(), "nested": [texts.value(), {"x": texts.text()}]}
        arguments = {**task.arguments, "state_machine_input": given}
        return replace(
            task, arguments=arguments, template_fields=("state_machine_input", "state_machine_arn")
        )
    if task.operator != GLUE:
        return task
    kind = rng.random()
    if kind < 0.3 and not task.is_teardown:
        return _sensor(rng, task, texts)
    if kind < 0.6:
        return _single(rng, task, texts, before)
    given = {f"--{name}": texts.value() for name in ("a", "b")}
    made = replace(
        task, arguments={**task.arguments, "script_args": given}, template_fields=("job_name", "script_args")
    )
    return made if fixed or rng.random() < 0.6 else _mapped_glue(rng, made, before, texts)


def _single(rng: Random, task: Task, texts: Texts, before: Sequence[Task]) -> Task:
    operator, names, others = rng.choice(_OPERATORS)
    arguments = {**others, **{name: texts.text() for name in names}}
    if names == ("payload",):
        arguments["payload"] = json.dumps({"given": arguments["payload"]})
    made = replace(
        task, operator=operator, arguments=arguments, template_fields=names, execution_timeout=None
    )
    if task.is_setup or task.is_teardown or rng.random() < 0.6:
        return made
    left = {name: value for name, value in arguments.items() if name != names[0]}
    # A payload is JSON, which what functions return here is not.
    pushing = () if names == ("payload",) else before
    over = _source(rng, pushing, task, lambda: json.dumps([texts.text()]))
    return replace(made, arguments=left, is_mapped=True, expansion=Expansion({names[0]: over}))


def _sensor(rng: Random, task: Task, texts: Texts) -> Task:
    operator, name, others = rng.choice(_SENSORS)
    arguments = {**others, name: texts.text(), "poke_interval": rng.choice([10, 60, 300]), "timeout": 3600}
    if flag := rng.choice(["", "", "soft_fail", "never_fail", "silent_fail"]):
        arguments[flag] = True
    return replace(task, operator=operator, arguments=arguments, template_fields=(name,))


def _mapped_reader(rng: Random, task: Task, before: Sequence[Task]) -> Task:
    sources = {name: _source(rng, before, task, lambda: "{{ ds }}") for name in rng.choice(("x", "xy"))}
    return replace(task, is_mapped=True, expansion=Expansion(sources))


def _mapped_glue(rng: Random, task: Task, before: Sequence[Task], texts: Texts) -> Task:
    def item() -> Any:
        return {"--a": texts.value(), "--b": rng.choice((texts.text(), "plain"))}

    if rng.random() < 0.3:
        rows = [{"script_args": item(), "job_name": f"j{number}"} for number in range(rng.randint(1, 3))]
        arguments = {k: v for k, v in task.arguments.items() if k not in ("script_args", "job_name")}
        return replace(task, arguments=arguments, is_mapped=True, expansion=Expansion(rows=listed(*rows)))
    arguments = {k: v for k, v in task.arguments.items() if k != "script_args"}
    expansion = Expansion({"script_args": _source(rng, before, task, item)})
    return replace(task, arguments=arguments, is_mapped=True, expansion=expansion)


def _source(rng: Random, before: Sequence[Task], task: Task, item: Any) -> Source:
    pushing = [
        other.task_id
        for other in before
        if other.task_id in task.upstream
        and other.operator in ("tests.Reader", GLUE)
        and (other.is_mapped or other.operator == "tests.Reader")
    ]
    if not pushing or task.trigger_rule in TOO_EARLY or rng.random() < 0.3:
        return listed(*(item() for _ in range(rng.randint(0, 3))))
    one, other = rng.choice(pushing), rng.choice(pushing)
    kind = rng.random()
    if kind < 0.7:
        return xcom(one)
    if kind < 0.8:
        return zipped(xcom(one), xcom(other))
    if kind < 0.9:
        return Source(SourceKind.ZIP_LONGEST, "fill", sources=(xcom(one), xcom(other)))
    return Source(SourceKind.CONCAT, sources=(xcom(one), xcom(other)))
