"""Random DAGs whose tasks push what they like: no size ends an execution."""

import json
from dataclasses import replace
from random import Random

import pytest
from pushing import sent
from random_dags import random_dag
from random_mapped_dags import random_mapped_dag
from scale import scaled
from workflows import GLUE, START_EXECUTION, reader

from converter.asl.options import Failures, Options
from converter.engine import parse_definition, run_virtual
from converter.pipeline import convert
from converter.relations import Relations
from converter.verify import SimulatedAws, Try
from converter.workflow import Workflow

FULL_SEEDS = scaled(2_000, 40)
CHUNK = 20
SIZES = (0, 0, 100, 3_000, 20_000, 60_000, 100_000, 130_000, 200_000, 240_000, 300_000)
OF_THE_TASKS = {"DagRunFailed", "States.Timeout", None}


class Pushing(SimulatedAws):
    """Functions push their ``values`` as the deployed one does, or fail.

    ``accepted`` has the sizes of those that travelled, in bytes.
    """

    async def _try(self, call, this, submitted):
        answer = await super()._try(call, this, submitted)
        event = call.arguments.get("Payload", {})
        if "room" not in event:
            return answer
        made = sent({"return_value": self.values[event["task_id"]](event["room"])}, event)
        self.accepted.append(len(json.dumps(made["return_value"], ensure_ascii=False).encode()))
        return {"Payload": {**answer["Payload"], **made}}


def pushing_dag(seed: int) -> Workflow:
    """Random tasks, most of which push something, and read what some tasks before them have pushed."""
    rng = Random(f"pushing {seed}")
    flow = random_mapped_dag(seed, 9) if seed % 3 == 0 else random_dag(seed, 10)
    relations, tasks, pushing = Relations(flow), [], set()
    for task in flow.tasks:
        plain = task.operator in (GLUE, START_EXECUTION) and not task.is_mapped and rng.random() < 0.7
        if plain or task.operator == "tests.Python":
            before = [up for up in pushing if up in relations.ancestors(task.task_id)]
            pushing.add(task.task_id)
            task = reader(task, [up for up in sorted(before) if rng.random() < 0.5])  # noqa: PLW2901
        tasks.append(task)
    return replace(flow, tasks=tuple(tasks), settings={})


def value_of(size, character, *, listed):
    """A value of about so many bytes, or of as many as there is room for, by the room that it is told."""

    def value(room):
        count = max(0, room - 300 if size == "all" else size) // len(character.encode())
        return [character * (count // 2)] * 2 if listed else character * count

    return value


def ends(seed, accepted):
    """Return with which errors three executions of a DAG end; None if it is refused.

    The sizes of the values that travelled are added to ``accepted``.
    """
    flow, rng = pushing_dag(seed), Random(f"sizes {seed}")
    machine = convert(flow, Options(resumable=seed % 2 == 0, failures=Failures.AIRFLOW)).machine
    if machine is None:
        return None
    expanded = {name for task in flow.tasks if task.expansion for name in task.expansion.task_ids()}
    found = set()
    for largest in (True, False, False):
        script = {}
        for task in flow.tasks:
            broken = rng.random() < 0.12
            error, returns = "Boom" * 10 if broken else None, [1, 2] if task.task_id in expanded else None
            tries = [Try(rng.randint(1, 50), error=error, returns=returns)]
            script |= {f"{task.task_id}: instance[{index}]": tries for index in range(6)}
            script |= {task.task_id: tries, f"{task.task_id}: instance": tries}
        aws = Pushing(script)
        aws.accepted = accepted
        aws.values = {
            task.task_id: value_of(
                "all" if largest else rng.choice(SIZES),
                rng.choice(["x", "x", '"', "é", "\n"]),
                listed=task.task_id in expanded,
            )
            for task in flow.tasks
        }
        execution = run_virtual(parse_definition(machine.definition), {"run_id": "r"}, aws)
        found.add(execution.error)
    return found


def assert_no_size_ends_an_execution(seeds):
    accepted = []
    found = {seed: errors for seed in seeds if (errors := ends(seed, accepted)) is not None}
    assert set().union(*found.values()) <= OF_THE_TASKS, found
    # Little would be proved if most DAGs were refused, or large values were.
    assert len(found) > len(seeds) // 2
    assert max(accepted) > 100_000


def test_no_size_ends_an_execution():
    assert_no_size_ends_an_execution((4, 37, 58))


@pytest.mark.full
@pytest.mark.parametrize("first", FULL_SEEDS[::CHUNK])
def test_no_size_ends_an_execution_of_many(first):
    assert_no_size_ends_an_execution(range(first, first + CHUNK))


def test_without_rooms_sizes_end_executions(monkeypatch):
    """The check is sharp."""
    monkeypatch.setattr("converter.asl.rooms.Rooms.shares", lambda rooms, meeting: 1)
    assert "States.DataLimitExceeded" in ends(58, [])
