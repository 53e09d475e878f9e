"""Notes where in the author's files each DAG and task is constructed, and in what order DAGs are.

Airflow keeps neither: a task does not know its line, and a file's DAGs are gathered in a set. So the
constructors are wrapped, once per process, in ways that operators do not notice: the metaclass of operators
(outside every ``__init__``), and the hooks that attrs calls last.
"""

from __future__ import annotations

import functools
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import FrameType, TracebackType
from typing import Any

from converter.loading.child.airflow_names import DAG, BaseOperatorMeta, MappedOperator
from converter.loading.paths import DagRoot
from converter.workflow import Location


@dataclass(frozen=True)
class _Constructed:
    # Kept so that its id is not given to another object.
    item: object
    location: Location | None
    attributes: Mapping[str, Any]


class Constructions:
    """What was constructed so far, and where. One per process: it wraps Airflow's constructors."""

    def __init__(self, root: DagRoot) -> None:
        self._root = root
        self._by_id: dict[int, _Constructed] = {}
        # Remembered, because every construction asks for every frame.
        self._own_file = functools.cache(self._shown_if_own)
        self._wrap_operators()
        for other_class in (MappedOperator, DAG):
            self._wrap_class(other_class)

    def forget(self) -> None:
        """Drop everything noted: the next file begins."""
        self._by_id.clear()

    def location(self, item: object) -> Location | None:
        """Return where a DAG or task was constructed; None if not by the author's files."""
        noted = self._by_id.get(id(item))
        return noted.location if noted else None

    def attributes(self, item: object) -> Mapping[str, Any]:
        """Return the attributes that an operator had when its construction was finished."""
        noted = self._by_id.get(id(item))
        return noted.attributes if noted else {}

    def in_order(self, items: Iterable[Any]) -> list[Any]:
        """Return the items in the order of their construction; what was not noted comes last."""
        position = {key: index for index, key in enumerate(self._by_id)}
        return sorted(items, key=lambda item: position.get(id(item), len(position)))

    def innermost_location(self, trace: TracebackType | None) -> Location | None:
        """Return the innermost place of a traceback that is in the author's files."""
        places = []
        while trace is not None:
            places.append((trace.tb_frame, trace.tb_lineno))
            trace = trace.tb_next
        for frame, line in reversed(places):
            if file := self._own_file(frame.f_code.co_filename):
                return Location(file, line)
        return None

    def here(self) -> Location | None:
        """Return the innermost place in the author's files that is being executed."""
        frame: FrameType | None = sys._getframe(1)
        while frame is not None:
            if file := self._own_file(frame.f_code.co_filename):
                return Location(file, frame.f_lineno)
            frame = frame.f_back
        return None

    def is_authors(self, file: str) -> bool:
        """Return whether a path that Python names is one of the author's files."""
        return self._own_file(file) is not None

    def shown(self, file: str) -> str:
        """Return how a path that Python names is written: it may be relative, as ``sys.path`` may."""
        return self._root.shown(self._absolute(file))

    def _absolute(self, file: str) -> str:
        return os.path.normpath(os.path.join(self._root.current, file))

    def _shown_if_own(self, file: str) -> str | None:
        """Return how the file of a frame is written if it is the author's, else None."""
        # Generated code is in no file: "<string>", "<attrs generated methods ...>".
        own = not file.startswith("<") and self._root.contains(self._absolute(file))
        return self.shown(file) if own else None

    def _note(self, item: object) -> None:
        attributes = dict(getattr(item, "__dict__", {}))
        self._by_id[id(item)] = _Constructed(item, self.here(), attributes)

    def _wrap_operators(self) -> None:
        construct: Callable[..., Any] = BaseOperatorMeta.__call__

        def construct_and_note(operator_class: type, *args: Any, **kwargs: Any) -> Any:
            operator = construct(operator_class, *args, **kwargs)
            self._note(operator)
            return operator

        BaseOperatorMeta.__call__ = construct_and_note

    def _wrap_class(self, other_class: Any) -> None:
        # The last step of a class that attrs makes; DAG is none in Airflow 2.
        last = "__attrs_post_init__" if hasattr(other_class, "__attrs_post_init__") else "__init__"
        finish: Callable[..., None] = getattr(other_class, last)

        @functools.wraps(finish)
        def finish_and_note(item: Any, *args: Any, **kwargs: Any) -> None:
            finish(item, *args, **kwargs)
            self._note(item)

        setattr(other_class, last, finish_and_note)
