"""Which keys the configuration has, and what each means."""

from __future__ import annotations

from typing import Any

from converter.asl.options import (
    Correlate,
    Correlation,
    Failures,
    LongFunctions,
    Pairs,
    PollerStyle,
    VariablesFrom,
    Xcom,
)
from converter.config.kinds import (
    FILE,
    SWITCH,
    AnyValue,
    Either,
    Key,
    Named,
    ParameterValue,
    Scalar,
    Section,
    one_of,
    seconds,
    text,
)
from converter.config.model import (
    Config,
    DagConfig,
    Environment,
    Poll,
    Shadow,
    TaskConfig,
    TaskOverrides,
)
from converter.planning import Strategy

_NAME = text(r"[^\s].*", "a name")


def _windowed(window: int | None = None) -> Correlation:
    return Correlation(Correlate.WINDOW, window or 0)


def _shadowed(**given: Any) -> Shadow:
    return Shadow(**given)


POLL = Section(
    (
        Key("interval", seconds(), "Seconds between two questions of a poller.", "--poll-interval"),
        Key(
            "deadline",
            seconds(),
            "Seconds after the start of the execution at which pollers give up.",
            "--await-deadline",
        ),
        Key("style", one_of(PollerStyle), "How a poller waits.", "--poller-style"),
    ),
    Poll,
)
CORRELATION = Either(
    one_of(Correlate),
    Section(
        (
            Key(
                "window",
                seconds(0),
                "By start time, rounded down to so many seconds; 0: the execution's start itself.",
                "--window",
            ),
        ),
        _windowed,
    ),
    Correlation,
)
_CORRELATION = Key(
    "correlation",
    CORRELATION,
    "How a poller knows the runs of an awaited Glue job: by an argument that its start carried, or by the "
    "time of its start.",
    "--correlate",
)
_CHOICES = (
    Key("poll", POLL, "How pollers ask."),
    Key("failures", one_of(Failures), "What a task's failure does to its siblings.", "--failures"),
    Key("xcom", one_of(Xcom), "Where large XComs of Python tasks are.", "--xcom"),
    Key("pairs", one_of(Pairs), "Whether one call waits for the job of a submit and its sensor.", "--pairs"),
    Key(
        "long-functions",
        one_of(LongFunctions),
        "What becomes of Python and Bash tasks with an execution_timeout over 15 minutes.",
        "--long-functions",
    ),
    Key(
        "variables-from",
        one_of(VariablesFrom),
        "Where templates take Airflow's Variables from.",
        "--variables-from",
    ),
    Key("strategy", one_of(Strategy), "How DAGs are planned.", "--strategy"),
    Key("resume", SWITCH, "Whether a failed run can be gone on with.", "--resume"),
    _CORRELATION,
)
_PARAMETERS = Named("parameter", ParameterValue())

#: The deadline is the machine's: what publishes a record keeps it for so long.
_TASK_POLL = Section(tuple(key for key in POLL.keys if key.name != "deadline"), Poll)
TASK = Section(
    (Key("poll", _TASK_POLL, "How pollers ask that wait for this task."), _CORRELATION),
    TaskConfig,
)
SHADOW = Either(
    SWITCH,
    Section(
        (
            Key("environment", _NAME, "The environment whose overrides the counterparts have."),
            Key("may-run-twice", SWITCH, "Start them although nothing is overridden for the DAG."),
        ),
        _shadowed,
    ),
    lambda on: Shadow() if on else None,
)
DAG = Section(
    (
        *_CHOICES,
        Key("tasks", Named("task", TASK), "What holds for the pollers that wait for a task."),
        Key("parameters", _PARAMETERS, "Values of parameters of this DAG's stack.", "--set"),
        Key("shadow", SHADOW, "Whether each run of Airflow's starts its counterpart in Step Functions."),
    ),
    DagConfig,
)
_PLACE = (
    Key(
        "account",
        text(r"\d{12}", "the 12 digits of an AWS account"),
        "The account to work in: with credentials of another, commands refuse.",
    ),
    Key("region", text(r"[a-z]{2}(-[a-z]+)+-\d", "a region, as in eu-west-1"), "AWS region.", "--region"),
    Key(
        "prefix",
        text(r"[A-Za-z][A-Za-z0-9-]{0,30}-", "letters, digits and hyphens that end in a hyphen, 32 at most"),
        "What names of stacks and machines begin with, in place of `dag2sfn-`.",
    ),
    Key("bucket", _NAME, "The bucket for artifacts.", "--bucket"),
    Key("parameters", _PARAMETERS, "Values of parameters of the stacks that have them.", "--set"),
    Key("variables", FILE, "Airflow's Variables, JSON or YAML.", "--variables"),
    Key("connections", FILE, "Airflow's connections, JSON or YAML.", "--connections"),
    Key(
        "airflow", text(r"https?://\S+", "an address, http:// or https://"), "Where Airflow is.", "--airflow"
    ),
    Key("mwaa", _NAME, "The MWAA environment in which Airflow is.", "--mwaa"),
)
OVERRIDES = Section(
    (
        Key(
            "arguments",
            Named("argument", AnyValue()),
            "Arguments of its operator; those that begin with `--` are the Glue job's own.",
        ),
    ),
    TaskOverrides,
)
ENVIRONMENT = Section(
    (
        *_PLACE,
        Key("jobs", Named("Glue job", _NAME), "Glue jobs that are started in place of those of the DAGs."),
        Key("tasks", Named("DAG", Named("task", OVERRIDES)), "What tasks have instead, by DAG and task."),
    ),
    Environment,
)
CONFIG = Section(
    (
        *_PLACE,
        Key(
            "source-airflow",
            Scalar("2 or 3", lambda given, _file: given if given in ("2", "3") else None),
            "The Airflow that the DAGs run in.",
            "--source-airflow",
        ),
        Key("airflow-config", FILE, "Its airflow.cfg.", "--airflow-config"),
        Key("operators", FILE, "Conversions of your own operators.", "--operators"),
        Key("durations", FILE, "What tasks are expected to take.", "--durations"),
        *_CHOICES,
        Key("dags", Named("DAG", DAG), "What differs for a DAG."),
        Key("environments", Named("environment", ENVIRONMENT), "What differs in an environment."),
    ),
    Config,
)
