"""A definition as a tree of blocks and states, read with forgiveness: the checks say what is wrong with it.

Nothing is judged here. What has the wrong type is passed over, so that every check sees all that can be read
and all problems are found at once; ``schema`` says what was passed over.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import attrgetter
from types import MappingProxyType
from typing import Any, TypeAlias

from converter.checks.graphs import components
from converter.checks.shapes import list_of, object_of, text_of

Json: TypeAlias = Any
#: Where something stands in a definition: member names and positions, from the outside in.
Path: TypeAlias = "tuple[str | int, ...]"

#: The objects of a field that is an array of objects, each with its position.
Entries: TypeAlias = "Sequence[tuple[int, Mapping[str, Json]]]"

#: Definitions of child machines, by their numbers.
Children: TypeAlias = "Mapping[int, Mapping[str, Json]]"

#: What stands for the ARN of a child machine.
_CHILD = re.compile(r"\$\{Child(\d+)MachineArn\}")
#: The first state of a child machine asks for this.
_BEGINS_CHILD = "$states.context.Execution.Input.child.version"
#: The fields of a Map that may hold its processor, the older name last.
PROCESSOR_FIELDS = ("ItemProcessor", "Iterator")
_WITH_BLOCKS = frozenset(("Branches", *PROCESSOR_FIELDS))


@dataclass(frozen=True, eq=False)
class State:
    """One state. ``language`` is ``JSONata`` or ``JSONPath``; ``type`` is empty where it has none.

    ``rules`` are the entries of a Choice, ``retriers`` and ``catchers`` those of Retry and Catch; ``blocks``
    are its branches or processor.
    """

    name: str
    content: Mapping[str, Json]
    path: Path
    block: Block
    language: str
    type: str
    rules: Entries
    retriers: Entries
    catchers: Entries
    blocks: list[Block] = field(default_factory=list)

    @property
    def is_jsonata(self) -> bool:
        """Whether the state's expressions are JSONata."""
        return self.language == "JSONata"

    def text(self, name: str) -> str:
        """Return a field that is a string, empty where there is none."""
        return text_of(self.content.get(name))

    @property
    def arguments(self) -> Json:
        """What a Task hands to its service: ``Arguments``, in JSONPath mode ``Parameters``."""
        return self.content.get("Arguments" if self.is_jsonata else "Parameters")

    @cached_property
    def targets(self) -> tuple[tuple[str, str], ...]:
        """Where the state may lead: the field that says so (``Choices[0].Next``), and the target."""
        found = [("Next", self.content.get("Next")), ("Default", self.content.get("Default"))]
        for index, rule in self.rules:
            found.append((f"Choices[{index}].Next", rule.get("Next")))
        for index, catcher in self.catchers:
            found.append((f"Catch[{index}].Next", catcher.get("Next")))
        return tuple([(name, target) for name, target in found if target and isinstance(target, str)])

    @cached_property
    def successors(self) -> tuple[State, ...]:
        """The states of the same block to which the state may lead."""
        states = self.block.states
        return tuple(dict.fromkeys([states[target] for _, target in self.targets if target in states]))

    @property
    def assigned(self) -> tuple[str, ...]:
        """The variables that the state assigns, each once; in JSONPath mode a name may end in ``.$``."""
        ways = [self.content, *[entry for _, entry in (*self.rules, *self.catchers)]]
        given = [object_of(content["Assign"]) for content in ways if "Assign" in content]
        return tuple(dict.fromkeys(name.removesuffix(".$") for names in given for name in names))

    @property
    def child(self) -> int | None:
        """The number of the child machine that the state starts, None if it starts none."""
        if self.type != "Task":
            return None
        arn = object_of(self.arguments).get("StateMachineArn")
        match = _CHILD.fullmatch(arn) if isinstance(arn, str) else None
        return int(match[1]) if match else None

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
        return components(self.states.values(), attrgetter("successors"))


@dataclass(frozen=True, eq=False)
class MachineTree:
    """A whole definition: its outermost block, and every state of it in the order of the document.

    With child machines, their states come right behind the one that starts them, as if it were a Parallel.
    """

    content: Mapping[str, Json]
    root: Block
    states: tuple[State, ...]

    @cached_property
    def blocks(self) -> tuple[Block, ...]:
        """Every block, outer before inner."""
        return (self.root, *(block for state in self.states for block in state.blocks))

    @cached_property
    def assigning(self) -> tuple[State, ...]:
        """The states that assign variables; few machines have any."""
        return tuple(state for state in self.states if state.assigned)

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
    pending = _contents(root, str(definition.get("QueryLanguage", "JSONPath")))
    while pending:
        block, name, content, language = pending.pop()
        state = _state(block, name, content, str(content.get("QueryLanguage", language)))
        block.states[name] = state
        states.append(state)
        if children or not _WITH_BLOCKS.isdisjoint(content):
            state.blocks.extend(_inner_blocks(state, children))
            for inner in reversed(state.blocks):
                pending += _contents(inner, str(inner.content.get("QueryLanguage", language)))
    return MachineTree(definition, root, tuple(states))


def _contents(block: Block, language: str) -> list[tuple[Block, str, Mapping[str, Json], str]]:
    """Return the states of a block, the last one first."""
    states = object_of(block.content.get("States"))
    return [
        (block, name, content, language)
        for name, content in reversed([*states.items()])
        if isinstance(content, dict)
    ]


def _state(block: Block, name: str, content: Mapping[str, Json], language: str) -> State:
    return State(
        name,
        content,
        (*block.path, "States", name),
        block,
        language,
        text_of(content.get("Type")),
        _entries(content, "Choices"),
        _entries(content, "Retry"),
        _entries(content, "Catch"),
    )


def _entries(content: Mapping[str, Json], name: str) -> Entries:
    if name not in content:
        return ()
    return [(index, entry) for index, entry in enumerate(list_of(content[name])) if isinstance(entry, dict)]


def _inner_blocks(state: State, children: Children) -> Iterator[Block]:
    number = state.child
    if number is not None and number in children:
        yield Block(children[number], (*state.path, "child", number), state, is_apart=True)
    for index, branch in _entries(state.content, "Branches"):
        yield Block(branch, (*state.path, "Branches", index), state)
    for name in PROCESSOR_FIELDS:
        processor = state.content.get(name)
        if isinstance(processor, dict):
            is_apart = object_of(processor.get("ProcessorConfig")).get("Mode") == "DISTRIBUTED"
            yield Block(processor, (*state.path, name), state, is_apart)


def is_expression(value: Json) -> bool:
    """Return whether a value is a JSONata expression in a field of a JSONata state."""
    return isinstance(value, str) and value.startswith("{%") and value.endswith("%}") and len(value) >= 4


def is_filled_in_later(value: Json) -> bool:
    """Return whether a value is known only later: an expression, or a text with a substitution in it."""
    return is_expression(value) or (isinstance(value, str) and "${" in value)
