"""What stands in for a name that is not installed, by what its name says that it is."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from types import FrameType
from typing import Any

from converter.loading.child.airflow_names import current_dag, current_task_group, get_unique_task_id
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.unknown import Unknown, shown
from converter.loading.child.stand_ins.unmapped import unmapped_class
from converter.workflow import StandInKind

_OPERATOR = re.compile(r"^[A-Z]\w*(Operator|Sensor|Transfer)(Async)?$")
_EXCEPTION = re.compile(r"^[A-Z]\w*(Error|Exception|Warning)$")
#: Where providers keep their operators, and what else is there.
_OF_OPERATORS = re.compile(r"^airflow\.(\w+\.)*(operators|sensors|transfers)\.")
_NO_OPERATOR = re.compile(r"(Hook|Link|Trigger|Mixin|Mode|Config|State|Type|Protocol|Options|Rule|Enum)$")


class Missing:
    """Makes stand-ins for names that are not installed, and notes in ``ledger`` what is made of them.

    ``is_authors`` says whether a frame is that of a DAG file or of a module beside it.
    """

    def __init__(self, ledger: Ledger, is_authors: Callable[[FrameType], bool]) -> None:
        self.ledger = ledger
        self.is_authors = is_authors

    def named(self, dotted: str) -> Any:
        """Return what stands for a dotted name: an operator class, an exception class, else an Unknown."""
        name = dotted.rpartition(".")[2]
        if _EXCEPTION.match(name):
            return _exception_class(dotted)
        if is_operator(dotted):
            return self.operator_class(dotted)
        return self.value(dotted)

    def value(self, text: str) -> Unknown:
        """Return an unknown object that the file came by in this way."""
        return Unknown(text, self)

    def operator_class(self, dotted: str) -> Any:
        """Return the class that keeps the arguments of an operator of this name."""
        self.ledger.note(StandInKind.UNMAPPED_OPERATOR, dotted)
        return unmapped_class(dotted)

    def called(self, text: str, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Return what calling an unknown object gives: a task if it takes a task_id, else an Unknown."""
        if isinstance(kwargs.get("task_id"), str):
            return self.operator_class(text)(**kwargs, **({"args": list(args)} if args else {}))
        call = f"{text}({', '.join(map(shown, args))})"
        if text.startswith("boto3.") and "(" not in text:
            # The first call of a chain: boto3.client('s3'), and not what is called on the client as well.
            self.ledger.note(StandInKind.AWS_CALL, call)
        return self.value(call)

    def task(self, text: str) -> Any:
        """Return the task that an unknown object is where the DAG depends on it."""
        dotted = re.sub(r"[^\w.]+", "_", text.partition("(")[0])
        dag = current_dag()
        task_id = get_unique_task_id(dotted.rpartition(".")[2], dag, current_task_group(dag))
        return self.operator_class(dotted)(task_id=task_id)

    def base_class(self, text: str) -> type:
        """Return the class that stands for an unknown object in a list of base classes."""
        return _base_class(self, text)


def is_operator(dotted: str) -> bool:
    """Return whether a dotted name is, as far as can be told from it, that of an operator class."""
    name = dotted.rpartition(".")[2]
    if _OPERATOR.match(name):
        return True
    return bool(_OF_OPERATORS.match(dotted) and re.match(r"[A-Z]", name) and not _NO_OPERATOR.search(name))


@functools.cache
def _exception_class(dotted: str) -> type[Exception]:
    module, _, name = dotted.rpartition(".")
    return type(name, (Exception,), {"__module__": module})


@functools.cache
def _base_class(missing: Missing, text: str) -> type:
    def accept(self: object, *args: object, **kwargs: object) -> None:
        """Take any arguments."""

    def attribute(self: object, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return missing.value(f"{text}.{name}")

    module, _, name = text.rpartition(".")
    return type(name, (), {"__module__": module, "__init__": accept, "__getattr__": attribute})
