"""Random templates over random runs: the same text as in Airflow, the same failure, or a refusal."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable

import pytest
from scale import SCALE

from converter.expressions.templates import forms, translate

DATES = """
    2023-12-31T23:59:59 2024-01-01T00:00:00 2024-02-28T22:30:00 2024-02-29T12:00:00.000100 2023-02-28T13:14:15
    2024-03-10T07:30:00 2024-03-31T00:59:59.999999 2024-03-31T01:00:00 2024-10-27T01:00:00.123456
    2024-11-03T06:00:00 2024-12-30T05:05:05 2000-02-29T00:00:01 1999-12-31T12:00:00 2038-01-19T03:14:08
""".split()

#: What a machine says where it will not write what it cannot write as Python would.
HONEST = (
    "is not how Python writes",
    "has no text: use",
    "only ASCII text is written as JSON",
    "is not read as a number",
    "calculates with a fraction",
    "an if without else is false",
)

TEXTS = ["", "a", "x/y", "it's", 'say "hi"', "tab\t", "ü", "日本", "${x}", "$1", "back\\slash"]
TEXTS += ["1", " 7 ", "3.5", "-0", "True", "a,b,,c", "  padded  ", "2024-05-06", "line\nbreak"]
NUMBERS = [0, 1, 2, 7, -3, 12, 100, 99999, 0.5, -1.25, 3.14159, 1e-3, 123456789012]


FORMATS = [
    "%Y-%m-%d",
    "%Y%m%d",
    "%Y/%m/%d/%H",
    "%d.%m.%y",
    "%H:%M:%S.%f",
    "%A %B %-d",
    "%j %p %I",
    "week %u, %a %b %%",
    "%Y-%m-%dT%H:%M:%S%z",
    "it's %F",
]
PENDULUM_FORMATS = ["YYYY-MM-DD", "DD/M/YY HH:mm:ss", "YYYYMMDD[T]HHmm", "dddd, MMM D"]
SIMPLE_TEXTS = ["ds", "ds_nodash", "ts", "ts_nodash", "run_id", "dag_run.conf.s", "'lit'", "''", "'é$1'"]
SIMPLE_NUMBERS = ["logical_date.day", "logical_date.hour", "dag_run.conf.n", "params.days", "3", "-2"]
DAYS = ["1", "-1", "30", "-365", "0", "params.days", "(dag_run.conf.n | int)"]
SPANS = ["days", "hours", "minutes", "weeks"]
REPLACEMENTS = ["day=1", "hour=3", "minute=0, second=0", "day=31", "month=2", "microsecond=0"]
ATTRIBUTES = """
    year month minute day_of_year microsecond quarter weekday() isoweekday() int_timestamp days_in_month
""".split()


class Grammar:
    """Writes templates of the supported grammar. Each method writes an expression of one sort."""

    def __init__(self, random_: random.Random) -> None:
        self.random = random_

    def template(self) -> str:
        return "".join(self.part(3) for _ in range(self.random.randint(1, 3)))

    def part(self, depth: int) -> str:
        choose = self.random.choice
        kinds = ["text", "expression", "expression", "expression", "if", "for", "loop", "set", "comment"]
        kind = choose(kinds if depth > 1 else kinds[:4])
        if kind == "text":
            return choose(["s3://b/", " ", "\n", "${y}", "it's ", "a\r\nb", "$.x", "\\n", "%} ", "é"])
        if kind == "expression":
            left, right = choose([("{{ ", " }}"), ("{{- ", " }}"), ("{{ ", " -}}")])
            return left + self.any(depth) + right
        if kind == "if":
            other = choose(["", "{% else %}" + self.part(depth - 1), f"{{% elif {self.boolean(1)} %}}e"])
            return f"{{% if {self.boolean(depth - 1)} %}}{self.part(depth - 1)}{other}{{% endif %}}"
        if kind == "for":
            items = choose(["['a', 'b']", "range(3)", "('x', 5)", "[ds, params.region]", "'ab'"])
            body = choose(["{{ x }}", "{{ loop.index }}{{ x }};", self.part(1) + "{{ x | upper }}"])
            return f"{{% for x in {items} %}}{body}{{% endfor %}}"
        if kind == "loop":
            end = choose(["{{ x }}", "{{ '' if loop.last else ',' }}", "{{ loop.index0 }}/{{ loop.length }}"])
            return f"{{% for x in {self.list(1)} %}}{{{{ x }}}}{end}{{% endfor %}}"
        if kind == "set":
            return f"{{% set v = {self.text(depth - 1)} %}}{{{{ v }}}}{{{{ v | length }}}}"
        return "{# nothing {{ here }} #}"

    def any(self, depth: int) -> str:
        sort = self.random.choice(
            (self.text, self.text, self.number, self.boolean, self.date_text, self.value)
        )
        return sort(depth)

    def value(self, depth: int) -> str:
        """A value whose type is known only at run time."""
        choose = self.random.choice
        key = choose(["s", "t", "n", "m", "b", "null", "any", "missing"])
        alternatives: list[Callable[[], str]] = [
            lambda: f"dag_run.conf.{key}",
            lambda: f"dag_run.conf['{key}']",
            lambda: f"dag_run.conf.get('{key}', {choose(['5', repr('d'), 'none'])})",
            lambda: f"params.{choose(['region', 'days', 'full', 'none', 'over'])}",
            lambda: f"dag_run.conf.o['{choose(['k', 'z'])}']",
            lambda: f"dag_run.conf.o.{choose(['k', 'z'])}",
            lambda: f"dag_run.conf.l[{choose(['0', '-1', '1', '9'])}]",
            lambda: f"ti.xcom_pull(task_ids='{choose(['extract', 'count_rows', 'silent'])}')",
            lambda: "ti.xcom_pull('extract', key='rows')",
            lambda: f"dag_run.conf.{key} | default({self.constant()})",
            lambda: f"dag_run.conf.{key} | default({self.constant()}, true)",
            lambda: f"({self.value(depth - 1)} or {self.constant()})" if depth > 0 else "params.days",
            lambda: f"({self.value(depth - 1)} and {self.value(depth - 1)})" if depth > 0 else "params.days",
        ]
        return choose(alternatives)()

    def constant(self) -> str:
        return repr(self.random.choice([*TEXTS[:8], 3, -2, True, None]))

    def text(self, depth: int) -> str:
        choose = self.random.choice
        if depth <= 0:
            return choose(SIMPLE_TEXTS)
        inner = self.text(depth - 1)
        alternatives: list[Callable[[], str]] = [
            lambda: inner,
            lambda: f"{inner} ~ {self.any(depth - 1)}",
            lambda: f"({inner} + {self.text(depth - 1)})",
            lambda: f"{inner} | upper",
            lambda: f"({inner}).lower()",
            lambda: f"({inner}).replace({self.constant_text()}, '<>')",
            lambda: f"{inner} | replace('-', {self.constant_text()})",
            lambda: f"({inner})[{choose(['0', '1', '-2', '', '3'])}:{choose(['4', '10', '-1', ''])}]",
            lambda: (
                f"({inner}).split({choose([repr('-'), repr(','), repr('0')])})[{choose(['0', '-1', '1'])}]"
            ),
            lambda: f"{inner} | trim",
            lambda: f"({inner}).strip({choose(['', repr(' 2'), repr('a-z'), repr(']^')])})",
            lambda: f"({inner} if {self.boolean(depth - 1)} else {self.text(depth - 1)})",
            lambda: f"({inner} or {self.text(depth - 1)})",
            lambda: f"({inner} if {self.boolean(depth - 1)})",
            lambda: f"{self.list(depth - 1)} | join({self.constant_text()})",
            lambda: f"[{inner}, {self.any(depth - 1)}] | join('-')",
            lambda: f"'%s/%s' % ({inner}, {self.any(depth - 1)})",
            lambda: f"'{{}}={{}}'.format({inner}, {self.number(depth - 1)})",
            lambda: f"({self.number(depth - 1)}) | string",
            lambda: f"({inner}).zfill({choose(['3', '12'])})",
            lambda: f"({self.value(depth - 1)}) | string | upper",
            lambda: self.date_text(depth - 1),
        ]
        return choose(alternatives)()

    def constant_text(self) -> str:
        return repr(self.random.choice(["-", "a", "0", "é", "$", "\\", "4-", "it's"]))

    def date_text(self, depth: int) -> str:
        choose = self.random.choice
        date = self.date(depth)
        alternatives: list[Callable[[], str]] = [
            lambda: f"({date}).strftime({choose(FORMATS)!r})",
            lambda: f"{date} | ds",
            lambda: f"{date} | ts",
            lambda: f"{date} | ts_nodash",
            lambda: f"{date} | ts_nodash_with_tz",
            lambda: f"({date}).isoformat()",
            lambda: f"({date})",
            lambda: f"({date}).date() | string",
            lambda: f"macros.ds_add(ds, {choose(DAYS)})",
            lambda: f"macros.ds_format(ds, '%Y-%m-%d', {choose(FORMATS)!r})",
            lambda: f"macros.ds_format({date} | ds_nodash, '%Y%m%d', {choose(FORMATS)!r})",
            lambda: f"({date}).format({choose(PENDULUM_FORMATS)!r})",
        ]
        return choose(alternatives)()

    def date(self, depth: int) -> str:
        choose = self.random.choice
        base = choose(["logical_date", "data_interval_start", "data_interval_end"])
        if depth <= 0:
            return base
        date = self.date(depth - 1)
        unit = choose(["days", "hours", "minutes", "seconds", "weeks", "months", "years"])
        alternatives: list[Callable[[], str]] = [
            lambda: base,
            lambda: f"({date} - macros.timedelta({choose(SPANS)}={choose([1, 2, 25, 90])}))",
            lambda: f"({date} + macros.timedelta(days={choose([1, 28, 31])}, hours={choose([0, 5])}))",
            lambda: f"({date}).add({unit}={choose([1, 5, -13])})",
            lambda: f"({date}).subtract({unit}={choose([1, 2, 11])})",
            lambda: f"({date}).start_of({choose(['hour', 'day', 'week', 'month', 'year', 'minute'])!r})",
            lambda: f"({date}).end_of({choose(['hour', 'day', 'week', 'month', 'year'])!r})",
            lambda: f"({date}).replace({choose(REPLACEMENTS)})",
        ]
        return choose(alternatives)()

    def number(self, depth: int) -> str:
        choose = self.random.choice
        if depth <= 0:
            return choose(SIMPLE_NUMBERS)
        left = self.number(depth - 1)
        alternatives: list[Callable[[], str]] = [
            lambda: left,
            lambda: f"({left} + {choose([1, 5, -3])})",
            lambda: f"({left} - {self.number(depth - 1)})",
            lambda: f"(({left}) | int * {choose([2, 3, -1])})",
            lambda: f"({left} // {choose([2, 7])})",
            lambda: f"(({left}) | int % {choose([2, 5])})",
            lambda: f"-({left})",
            lambda: f"{self.text(depth - 1)} | length",
            lambda: f"{self.list(depth - 1)} | length",
            lambda: f"({self.value(depth - 1)}) | int",
            lambda: f"({self.value(depth - 1)}) | int(-1)",
            lambda: f"({self.date(depth - 1)}).{choose(ATTRIBUTES)}",
        ]
        return choose(alternatives)()

    def boolean(self, depth: int) -> str:
        choose = self.random.choice
        if depth <= 0:
            return choose(["dag_run.conf.b", "params.full", "true", "dag_run.conf.any", "dag_run.conf.l"])
        sign = choose(["==", "!=", "<", ">=", ">", "<="])
        alternatives: list[Callable[[], str]] = [
            lambda: f"({self.number(depth - 1)} {sign} {self.number(depth - 1)})",
            lambda: f"({self.text(depth - 1)} {sign} {self.text(depth - 1)})",
            lambda: f"({self.date(depth - 1)} {sign} {self.date(depth - 1)})",
            lambda: f"({self.value(depth - 1)} {choose(['==', '!='])} {self.constant()})",
            lambda: f"({self.value(depth - 1)} == {self.value(depth - 1)})",
            lambda: f"(not {self.boolean(depth - 1)})",
            lambda: f"({self.boolean(depth - 1)} and {self.boolean(depth - 1)})",
            lambda: f"({self.boolean(depth - 1)} or {self.value(depth - 1)})",
            lambda: f"({self.constant_text()} in {self.text(depth - 1)})",
            lambda: f"({self.constant()} in {self.list(depth - 1)})",
            lambda: f"({self.text(depth - 1)} in ['a', ds])",
            lambda: f"(dag_run.conf.{choose(['s', 'missing', 'null'])} is defined)",
            lambda: f"({self.value(0)} is {choose(['none', 'string', 'not none', 'number', 'mapping'])})",
            lambda: f"('{choose(['s', 'missing'])}' in dag_run.conf)",
            lambda: f"({self.text(depth - 1)}).startswith({self.constant_text()})",
            lambda: f"({self.text(depth - 1)}).endswith({self.constant_text()})",
        ]
        return choose(alternatives)()

    def list(self, depth: int) -> str:
        return self.random.choice(
            ["dag_run.conf.l", "params.tables", "ti.xcom_pull('listing')", "dag_run.conf.l", "ds.split('-')"]
        )


def random_run(random_: random.Random, run: object) -> object:
    choose = random_.choice

    def value() -> object:
        return choose([choose(TEXTS), choose(NUMBERS), True, False, None, [], ["a", 1], {"k": 1}])

    run_type = type(run)
    start, end = sorted((choose(DATES), choose(DATES)))
    return run_type(
        logical_date=f"{start}+00:00",
        data_interval_start=f"{start}+00:00",
        data_interval_end=f"{end}+00:00",
        conf={
            "s": choose(TEXTS),
            "t": choose(TEXTS),
            "n": choose(NUMBERS),
            "m": choose(NUMBERS),
            "b": choose([True, False]),
            "null": None,
            "any": value(),
            "l": choose([["a"], ["x", "", "z"], [], [1, 2.5, None, True], [choose(TEXTS), choose(TEXTS)]]),
            "o": choose([{"k": "v"}, {"k": value()}, {}]),
            **choose([{}, {"region": choose(TEXTS)}, {"days": choose(NUMBERS), "full": True}]),
        },
        xcoms={
            "extract": choose([{"return_value": value()}, {"return_value": choose(TEXTS), "rows": 5}, {}]),
            "count_rows": {"return_value": choose(NUMBERS)},
            "listing": {"return_value": choose([[], ["a"], ["a", "b"]])},
            "silent": {},
        },
    )


def outcomes(airflow, evaluated, task_failed, template, translated, run):
    try:
        expected = ("text", airflow.render(template, run))
    except task_failed as failure:
        expected = ("failed", str(failure))
    try:
        found = ("text", evaluated(translated, run))
    except task_failed as failure:
        found = ("failed", str(failure))
    return expected, found


MANY = 2_000 if SCALE == 1 else 500 * SCALE


@pytest.mark.parametrize("count", [100, pytest.param(MANY, marks=pytest.mark.full)], ids=["quick", "full"])
def test_a_random_template_gives_what_airflow_renders(airflow, evaluate, run, task_failed, count):
    counts, differences = Counter(), []
    for seed in range(count):
        random_ = random.Random(f"{count} {seed}")
        template = Grammar(random_).template()
        this_run = random_run(random_, run)
        translation = translate(template, forms.SCOPE)
        if translation.problems:
            counts["refused"] += 1
            continue
        expected, found = outcomes(airflow, evaluate, task_failed, template, translation.value, this_run)
        if expected == found and found[0] == "text":
            counts["equal"] += 1
        elif expected[0] == found[0] == "failed":
            counts["fails as in Airflow"] += 1
        elif found[0] == "failed" and any(reason in found[1] for reason in HONEST):
            counts["fails alone, and says why"] += 1
        else:
            differences.append({"template": template, "airflow": expected, "machine": found, "run": this_run})
    assert not differences, differences[:3]
    # A grammar of which most is refused, or fails, would prove nothing.
    assert counts["equal"] > count * 0.8
    assert counts["fails alone, and says why"] < count * 0.05
