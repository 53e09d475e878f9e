"""A definition as a tree of blocks and states, read with forgiveness: the checks say what is wrong with it.

Nothing is judged here. What has the wrong type is passed over, so that every check sees all that can be read
and all problems are found at once; ``schema`` says what was passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeAlias

from converter.checks.graphs import components
from converter.checks.shapes import object_of

Json: TypeAlias = Any
#: Where something stands in a definition: member names and positions, from the outside in.
Path: TypeAlias = "tuple[str | int, ...]"

#: Definitions of child machines, by their numbers.
Children: TypeAlias = "Mapping[int, Mapping[str, Json]]"

#: What stands for the ARN of a child machine.
_CHILD = re.compile(r"\$\{Child(\d+)MachineArn\}")
#: The first state of a child machine asks for this.
_BEGINS_CHILD = "$states.context.Execution.Input.child.version"
#: The fields of a Map that may hold its processor, the older name last.
PROCESSOR_FIELDS = ("ItemProcessor", "Iterator")


@dataclass(frozen=True, eq=False)
class State:
    """One state. ``language`` is ``JSONata`` or ``JSONPath``; ``blocks`` are its branches or processor."""

    name: str
    content: Mapping[str, Json]
    path: Path
    block: Block
    language: str
    blocks: list[Block] = field(default_factory=list)

    @cached_property
    def type(self) -> str:
        """The state's type, empty where it has none."""
        return self.text("Type")

    @property
    def is_jsonata(self) -> bool:
        """Whether the state's expressions are JSONata."""
        return self.language == "JSONata"

    def text(self, name: str) -> str:
        """Return a field that is a string, empty where there is none."""
        value = self.content.get(name)
        return value if isinstance(value, str) else ""

    def entries(self, name: str) -> list[tuple[int, Mapping[str, Json]]]:
        """Return the objects of a field that is an array of objects, each with its position."""
        entries = self.content.get(name)
        if not entries or not isinstance(entries, list):
            return []
        return [(index, entry) for index, entry in enumerate(entries) if isinstance(entry, dict)]

    @cached_property
    def arguments(self) -> Json:
        """What a Task hands to its service: ``Arguments``, in JSONPath mode ``Parameters``."""
        return self.content.get("Arguments" if self.is_jsonata else "Parameters")

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Where the state may lead: the field that says so (``Choices[0].Next``), and the target."""
        found = [(name, self.text(name)) for name in ("Next", "Default")]
        for group in ("Choices", "Catch"):
            found += [(f"{group}[{i}].Next", entry.get("Next", "")) for i, entry in self.entries(group)]
        return tuple((name, target) for name, target in found if isinstance(target, str) and target)

    @cached_property
    def successors(self) -> tuple[State, ...]:
        """The states of the same block to which the state may lead."""
        found = (self.block.states.get(target) for _, target in self.targets)
        return tuple(dict.fromkeys(state for state in found if state is not None))

    @cached_property
    def assigned(self) -> tuple[str, ...]:
        """The variables that the state assigns, each once; in JSONPath mode a name may end in ``.$``."""
        rules = [entry for group in ("Choices", "Catch") for _, entry in self.entries(group)]
        given = (object_of(content["Assign"]) for content in (self.content, *rules) if "Assign" in content)
        return tuple(dict.fromkeys(name.removesuffix(".$") for names in given for name in names))

    @property
    def child(self) -> int | None:
        """The number of the child machine that the state starts, None if it starts none."""
        match = _CHILD.fullmatch(str(object_of(self.arguments).get("StateMachineArn")))
        return int(match[1]) if match and self.type == "Task" else None

    @property
    def ends_block(self) -> bool:
        """Whether the block may end with this state."""
        return self.type in ("Succeed", "Fail") or self.content.get("End") is True


@dataclass(frozen=True, eq=False)
class Block:
    """States with a beginning: the machine itself, a branch or an item processor.

    ``owner`` is the Parallel or Map around it, None for the machine. ``is_apart``: its executions are their
    own (a distributed Map), see no variables from outside and have their own history.
    """

    content: Mapping[str, Json]
    path: Path
    owner: State | None = None
    is_apart: bool = False
    states: dict[str, State] = field(default_factory=dict)

    @property
    def start(self) -> State | None:
        """The state to start at, None where there is none of that name."""
        name = self.content.get("StartAt")
        return self.states.get(name) if isinstance(name, str) else None

    @cached_property
    def loops(self) -> list[tuple[State, ...]]:
        """Its states, those of a loop together, each before those that lead to it."""
        return components(self.states.values(), lambda state: state.successors)


@dataclass(frozen=True, eq=False)
class MachineTree:
    """A whole definition: its outermost block, and every state of it in the order of the document.

    With child machines, their states come right behind the one that starts them, as if it were a Parallel.
    """

    content: Mapping[str, Json]
    root: Block
    states: tuple[State, ...]

    @property
    def blocks(self) -> Iterator[Block]:
        """Every block, outer before inner."""
        yield self.root
        for state in self.states:
            yield from state.blocks

    @property
    def is_one_of_several(self) -> bool:
        """Whether the machine starts child machines, or is one."""
        start = self.root.start
        is_child = start is not None and _BEGINS_CHILD in str(start.content.get("Choices"))
        return is_child or any(state.child is not None for state in self.states)


def read_machine(definition: Mapping[str, Json], children: Children = MappingProxyType({})) -> MachineTree:
    """Return a definition as a tree, with those of the child machines that are given."""
    root = Block(definition, ())
    states: list[State] = []
    # Machines inside machines may be deeper than functions can call themselves.
    pending = list(_contents(root, str(definition.get("QueryLanguage", "JSONPath"))))
    while pending:
        block, name, content, language = pending.pop()
        path = (*block.path, "States", name)
        state = State(name, content, path, block, str(content.get("QueryLanguage", language)))
        block.states[name] = state
        states.append(state)
        state.blocks.extend(_inner_blocks(state, children))
        for inner in reversed(state.blocks):
            pending.extend(_contents(inner, str(inner.content.get("QueryLanguage", language))))
    return MachineTree(definition, root, tuple(states))


def _contents(block: Block, language: str) -> Iterator[tuple[Block, str, Mapping[str, Json], str]]:
    """Yield the states of a block, the last one first."""
    for name, content in reversed(list(object_of(block.content.get("States")).items())):
        if isinstance(content, dict):
            yield block, name, content, language


def _inner_blocks(state: State, children: Children) -> Iterator[Block]:
    number = state.child
    if number is not None and number in children:
        yield Block(children[number], (*state.path, "child", number), state, is_apart=True)
    for index, branch in state.entries("Branches"):
        yield Block(branch, (*state.path, "Branches", index), state)
    for name in PROCESSOR_FIELDS:
        processor = state.content.get(name)
        if isinstance(processor, dict):
            is_apart = object_of(processor.get("ProcessorConfig")).get("Mode") == "DISTRIBUTED"
            yield Block(processor, (*state.path, name), state, is_apart)


def is_expression(value: Json) -> bool:
    """Return whether a value is a JSONata expression in a field of a JSONata state."""
    return isinstance(value, str) and len(value) >= 4 and value.startswith("{%") and value.endswith("%}")


def is_filled_in_later(value: Json) -> bool:
    """Return whether a value is known only later: an expression, or a text with a substitution in it."""
    return is_expression(value) or (isinstance(value, str) and "${" in value)
