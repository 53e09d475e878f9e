"""What tasks push is carried as far as somebody reads it, and no further."""

import json
from dataclasses import replace

from mapped import listed, mapped
from workflows import machine_of, python, workflow

from converter.asl.emission import Emission
from converter.engine import parse_definition, run_virtual


class Aws:
    """Functions that return 100,000 characters each."""

    async def run(self, call, submitted):
        return {"Payload": {"return_value": "x" * 100_000}}


def play(flow):
    execution = run_virtual(parse_definition(machine_of(flow).definition), {"conf": {}}, Aws())
    assert execution.status == "SUCCEEDED", (execution.error, execution.cause)
    return json.loads(execution.output)


def chain(count):
    tasks = [python("t0"), *(python(f"t{n}", f"t{n - 1}") for n in range(1, count))]
    return workflow(*tasks)


def test_a_chain_whose_outputs_nobody_reads_is_as_long_as_one_likes():
    records = play(chain(12))
    assert [name for name, record in records.items() if "output" in record] == ["t11"]
    assert all(record["state"] == "success" for record in records.values())


def test_instances_lose_theirs_too():
    instances = mapped(replace(python("m"), upstream=()), x=listed(1))
    records = play(workflow(instances, python("a", "m"), python("b", "a"), python("c", "b")))
    assert [set(instance) for instance in records["m"]["instances"]] == [{"state", "at"}]


def test_each_output_is_dropped_in_one_place():
    flow = workflow(python("a"), python("b", "a"), python("x"), python("y", "x"), python("end", "b", "y"))
    text = json.dumps(machine_of(flow).definition)
    assert text.count("$lose($states.input.a)") == 1
    records = play(replace(flow, tasks=(*flow.tasks, python("last", "end"), python("more", "last"))))
    assert [name for name, record in records.items() if "output" in record] == ["more"]


def test_a_reader_in_another_branch_keeps_an_output(monkeypatch):
    flow = workflow(
        python("a"),
        python("b", "a"),
        python("c", "b"),
        python("x"),
        python("y", "x"),
        python("end", "c", "y"),
    )
    monkeypatch.setattr(Emission, "readers", {"a": frozenset({"end"})})
    text = json.dumps(machine_of(flow).definition)
    states = [
        name
        for name, state in _all_states(json.loads(text))
        if "$lose($states.input.a)" in str(state.get("Output"))
    ]
    assert states == ["end"]


def _all_states(block):
    for name, state in block["States"].items():
        yield name, state
        for inner in state.get("Branches", ()):
            yield from _all_states(inner)


def test_what_is_read_later_is_kept_until_then(monkeypatch):
    readers = {"t0": frozenset({"t2"})}
    monkeypatch.setattr(Emission, "readers", readers)
    text = json.dumps(machine_of(chain(4)).definition)
    states = json.loads(text)["States"]
    outputs = {name: state.get("Output") for name, state in states.items()}
    assert "$lose($states.input.t0)" not in outputs["t1"]
    assert "$lose($states.input.t0)" in outputs["t2"]
    assert "$lose($states.input.t1)" in outputs["t2"]
