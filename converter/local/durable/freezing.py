"""moto's services as bytes, and back.

A backend's state is its ``__dict__``. What belongs to the process is left out and found again: other backends
by their place, the parts of the local AWS by their name, kinds of jobs by theirs, locks anew. Functions that
moto defines inside others (the factories of its default dictionaries) are found where they are defined.
"""

from __future__ import annotations

import io
import pickle
import threading
from collections.abc import Callable, Mapping
from functools import reduce
from importlib import import_module
from types import CodeType, FunctionType
from typing import Any
from weakref import WeakValueDictionary

from moto.backends import get_backend
from moto.core.base_backend import BackendDict, BaseBackend

from converter.local.integrations.jobs.kinds import JobKind
from converter.local.integrations.jobs.services import KINDS

_LOCK, _RLOCK = type(threading.Lock()), type(threading.RLock())

Place = tuple[str, str, str]
"""Service, account, region."""


def places_in_use() -> dict[int, Place]:
    """Where each backend that exists belongs, by the id of the object."""
    return {
        id(backend): (registry.service_name, account, region)
        for registry in list(BackendDict._instances)
        for account, region, backend in list(registry.iter_backends())
    }


def backend_at(place: Place) -> Any:
    """The backend of a place; it is created if need be."""
    service, account, region = place
    return get_backend(service)[account][region]


def freeze(backend: Any, parts: Mapping[str, object]) -> bytes:
    """A backend's state. ``parts`` are the objects that stay outside, by name.

    Raises ``pickle.PicklingError``, ``TypeError`` or ``AttributeError`` for a service that cannot be frozen,
    RuntimeError for one that changed meanwhile.
    """
    frozen = io.BytesIO()
    _Freezer(frozen, places_in_use(), {id(part): name for name, part in parts.items()}).dump(backend.__dict__)
    return frozen.getvalue()


def thaw(backend: Any, frozen: bytes, parts: Mapping[str, object]) -> None:
    """Give a backend the state that was frozen."""
    backend.__dict__.update(_Thawer(io.BytesIO(frozen), parts).load())


class _Freezer(pickle.Pickler):
    def __init__(self, file: io.BytesIO, places: Mapping[int, Place], parts: Mapping[int, str]) -> None:
        super().__init__(file, pickle.HIGHEST_PROTOCOL)
        self._places = places
        self._parts = parts

    def persistent_id(self, obj: Any) -> Any:
        if id(obj) in self._parts:
            return ("part", self._parts[id(obj)])
        if isinstance(obj, BaseBackend):
            return ("backend", self._places[id(obj)])
        if isinstance(obj, BackendDict):
            return ("registry", obj.service_name)
        if isinstance(obj, JobKind):
            return ("kind", (obj.service, obj.name))
        return None

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, _LOCK):
            return threading.Lock, ()
        if isinstance(obj, _RLOCK):
            return threading.RLock, ()
        if isinstance(obj, WeakValueDictionary):
            return WeakValueDictionary, (dict(obj),)
        if isinstance(obj, FunctionType) and "<locals>" in obj.__qualname__ and obj.__closure__ is None:
            return _inner_function, (obj.__module__, obj.__qualname__, obj.__code__.co_firstlineno)
        return NotImplemented


def _inner_function(module_name: str, qualified_name: str, line: int) -> FunctionType:
    """The function that another one defines in this line of its source."""
    outer_name, _, name = qualified_name.rpartition(".<locals>.")
    module = import_module(module_name)
    outer: Any = reduce(getattr, outer_name.split("."), module)
    codes = (code for code in outer.__code__.co_consts if isinstance(code, CodeType))
    code = next(code for code in codes if (code.co_name, code.co_firstlineno) == (name, line))
    return FunctionType(code, vars(module), name)


class _Thawer(pickle.Unpickler):
    def __init__(self, file: io.BytesIO, parts: Mapping[str, object]) -> None:
        super().__init__(file)
        self._finders: Mapping[str, Callable[[Any], Any]] = {
            "part": parts.__getitem__,
            "backend": backend_at,
            "registry": get_backend,
            "kind": {(kind.service, kind.name): kind for kind in KINDS}.__getitem__,
        }

    def persistent_load(self, pid: Any) -> Any:
        kind, key = pid
        return self._finders[kind](key)
