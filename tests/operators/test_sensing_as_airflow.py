"""Outcomes of sensors: Airflow's own ``execute``, with a fake poke and a fake clock, against the machine."""

from __future__ import annotations

import itertools
from types import SimpleNamespace
from typing import Any

import pytest
from sensing import AMAZON, definition_of, outcome_of, sensor

from converter.workflow import Retries

airflow_sensor = pytest.importorskip("airflow.sdk.bases.sensor")

from airflow.sdk.exceptions import (  # noqa: E402 - behind the import that may be missing
    AirflowException,
    AirflowFailException,
    AirflowSensorTimeout,
    AirflowSkipException,
)

#: What a poke finds: nothing yet, what is waited for, a state that is a failure, or trouble.
LATER, THERE, BAD, TROUBLE = "later", "there", "bad", "trouble"
RETRY_DELAY = 7
#: How long a poke takes, in seconds.
POKE = 0.25


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class Digest:
    """A hash of 0: Airflow then takes the shortest pause of exponential backoff, as the machine does."""

    def __init__(self, *data: Any, **how: Any) -> None:
        pass

    def hexdigest(self) -> str:
        return "0"


def in_airflow(
    monkeypatch: pytest.MonkeyPatch, found: list[str], retries: int, **arguments: Any
) -> tuple[str, list[float], float]:
    """Return the outcome, the times of the pokes, and when the task ended."""
    clock, pokes = Clock(), []
    left = list(found)

    class Sensor(airflow_sensor.BaseSensorOperator):
        def poke(self, context: Any) -> bool:
            pokes.append(clock.now)
            clock.sleep(POKE)
            what = left.pop(0) if len(left) > 1 else left[0]
            if what == BAD:
                raise AirflowException("bad")
            if what == TROUBLE:
                raise ConnectionError("trouble")
            return what == THERE

    monkeypatch.setattr(airflow_sensor, "time", clock)
    monkeypatch.setattr(airflow_sensor, "hashlib", SimpleNamespace(sha1=Digest))
    task = Sensor(task_id="s", **arguments)
    for attempt in itertools.count():
        try:
            task.execute({})
        except AirflowSkipException:
            outcome = "skipped"
        except (AirflowFailException, AirflowSensorTimeout):
            outcome = "failed"
        except (AirflowException, ConnectionError):
            outcome = "failed"
            if attempt < retries:
                clock.now += RETRY_DELAY
                continue
        else:
            outcome = "success"
        return outcome, pokes, clock.now
    raise AssertionError


def in_machine(found: list[str], retries: int, **arguments: Any) -> tuple[str, list[float], float]:
    left = list(found)

    def answer(resource: str, _: Any) -> Any:
        what = left.pop(0) if len(left) > 1 else left[0]
        states = {LATER: "RUNNING", THERE: "COMPLETED", BAD: "FAILED"}
        return "EMR.Oops" if what == TROUBLE else {"Step": {"Status": {"State": states[what]}}}

    task = sensor(
        f"{AMAZON}.emr.EmrStepSensor",
        job_flow_id="j",
        step_id="s",
        retries=Retries(retries, RETRY_DELAY),
        **arguments,
    )
    definition = definition_of(task)
    # Without the quick tries of its own, which Airflow does not make.
    del definition["States"]["s"]["Branches"][0]["States"]["s: look"]["Retry"]
    record, calls, ended = outcome_of(definition, answer, seconds=POKE)
    times = [time for time, _, _ in calls]
    return record["state"], times, ended


FOUND = [
    [THERE],
    [LATER, THERE],
    [LATER, LATER, LATER, THERE],
    [LATER],
    [LATER, BAD],
    [BAD, THERE],
    [BAD],
    [LATER, TROUBLE, THERE],
    [TROUBLE],
    [TROUBLE, LATER],
    [BAD, LATER, BAD, THERE],
]
HOW = [{}, {"soft_fail": True}, {"never_fail": True}, {"silent_fail": True}]
WHEN = [
    {"poke_interval": 60, "timeout": 150},
    {"poke_interval": 50, "timeout": 100},
    {"poke_interval": 10, "timeout": 0},
    {"poke_interval": 30, "timeout": 300, "exponential_backoff": True},
    {"poke_interval": 30, "timeout": 300, "exponential_backoff": True, "max_wait": 40},
]


@pytest.mark.parametrize("retries", [0, 2])
@pytest.mark.parametrize("how", HOW, ids=str)
@pytest.mark.parametrize(
    "when",
    [*WHEN[::3], *(pytest.param(when, marks=pytest.mark.full) for when in (*WHEN[1:3], WHEN[4]))],
    ids=str,
)
def test_a_sensor_ends_as_in_airflow_and_looks_at_the_same_times(
    monkeypatch: pytest.MonkeyPatch, retries: int, how: dict[str, Any], when: dict[str, Any]
) -> None:
    for found in FOUND:
        expected, pokes, end = in_airflow(monkeypatch, found, retries, **how, **when)
        actual, looks, ended = in_machine(found, retries, **how, **when)
        assert (actual, looks, ended) == (expected, pokes, end), (found, how, when)
