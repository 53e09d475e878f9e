"""What stands in for a name that is not installed, by what its name says that it is."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from types import FrameType
from typing import Any

from converter.loading.child.airflow_names import (
    BaseOperator,
    current_dag,
    current_task_group,
    get_unique_task_id,
)
from converter.loading.child.stand_ins.ledger import Ledger
from converter.loading.child.stand_ins.unknown import Unknown, shown
from converter.loading.child.stand_ins.unmapped import unmapped_class
from converter.workflow import StandInKind

_OPERATOR = re.compile(r"^[A-Z]\w*(Operator|Sensor|Transfer)(Async)?$")
_HOOK = re.compile(r"^airflow\.[\w.]+(?<!\.Base)Hook$")
#: What queries Airflow's database.
_SESSION = "airflow.settings.Session"
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
        #: What was called with all names of the file, in order to add DAGs to them; "" if nothing was.
        self.was_given_globals = ""

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
        if any(isinstance(value, dict) and "__builtins__" in value for value in (*args, *kwargs.values())):
            self.was_given_globals = call
        if (text.startswith("boto3.") and "(" not in text) or text == _SESSION or is_hook(text):
            # The first call of a chain: boto3.client('s3'), and not what is called on the client as well.
            self.ledger.note(StandInKind.CALL, call)
        return self.value(call)

    def task(self, text: str) -> Any:
        """Return the task that an unknown object is where the DAG depends on it."""
        dotted = re.sub(r"[^\w.]+", "_", text.partition("(")[0])
        dag = current_dag()
        task_id = get_unique_task_id(dotted.rpartition(".")[2], dag, current_task_group(dag))
        return self.operator_class(dotted)(task_id=task_id)

    def base_class(self, text: str) -> Any:
        """Return the class that stands for an unknown object in a list of base classes."""
        return _base_class(self, text)


def is_hook(dotted: str) -> bool:
    """Return whether a dotted name is that of a hook: what reaches from Airflow for another service."""
    return bool(_HOOK.match(dotted))


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
def _base_class(missing: Missing, text: str) -> Any:
    """Return a class that takes any arguments, has any attribute, and makes way for classes behind it."""

    def accept(self: Any, *args: Any, **kwargs: Any) -> None:
        following = type(self).__mro__[type(self).__mro__.index(made) + 1]
        if following is not object:
            super(made, self).__init__(*args, **kwargs)
        else:
            # As the models of pydantic and their like do it with the fields that a class declares.
            declared = {name for base in type(self).__mro__ for name in vars(base).get("__annotations__", ())}
            vars(self).update((name, value) for name, value in kwargs.items() if name in declared)

    def attribute(self: object, name: str) -> Any:
        # Airflow goes by the attributes that an operator has.
        if name.startswith("_") or isinstance(self, BaseOperator):
            raise AttributeError(name)
        return missing.value(f"{text}.{name}")

    module, _, name = text.rpartition(".")
    made: Any = type(name, (), {"__module__": module, "__init__": accept, "__getattr__": attribute})
    return made
