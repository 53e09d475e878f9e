"""Does the same for many things on all cores, in order, and holds only a few of them at a time."""

from __future__ import annotations

import gc
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_all_start_methods, get_context, resource_tracker
from multiprocessing.context import BaseContext
from types import ModuleType
from typing import Any, TypeVar

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")
#: Items that wait or are worked on, for each process: enough that none is idle while one takes long.
_AHEAD = 8

#: Objects made and not gone until a process looks for garbage: a few megabytes. A DAG leaves hundreds, and
#: Python's own number would have it look nearly for each.
_GARBAGE = 20_000

#: In a process of a pool: what it does.
_work: list[Callable[[Any], Any]] = []


def all_processors() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@dataclass(frozen=True)
class Named:
    """A function of a module, and its first arguments: only who calls it imports the module.

    So the process that hands out work need not know how it is done.
    """

    module: str
    name: str
    arguments: tuple[Any, ...] = ()

    def __call__(self, *more: Any) -> Any:
        """Call it."""
        return getattr(import_module(self.module), self.name)(*self.arguments, *more)


def each(
    work: Callable[[_Item], _Result],
    items: Iterable[_Item],
    *,
    jobs: int,
    modules: Sequence[str] = (),
    last: Callable[[], object] | None = None,
) -> Iterator[_Result]:
    """Yield ``work(item)`` for each item, in order, by ``jobs`` processes, or by this one alone.

    ``work`` and its results must be picklable, and not be of the main module. Items are taken as they are
    needed. If the caller stops, or Ctrl-C is pressed, nothing more is begun. ``modules`` are those that
    ``work`` needs: they are imported once for all processes. ``last`` is what one of them does in the end: it
    is sent, as it then is, when the last result has been taken.
    """
    if jobs <= 1:
        yield from map(work, items)
        if last is not None:
            last()
        return
    started_with = (work, dict(os.environ))
    context = _context(modules)
    with ProcessPoolExecutor(jobs, context, initializer=_prepare, initargs=started_with) as pool:
        # Before the first item, which may take long to come.
        _start_all(pool, jobs)
        waiting: deque[Future[_Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(_do, item))
                while len(waiting) >= _AHEAD * jobs or (waiting and waiting[0].done()):
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
            if last is not None:
                pool.submit(last).result()
        finally:
            pool.shutdown(cancel_futures=True)


def _context(modules: Sequence[str]) -> BaseContext:
    """Return how processes are started: as copies of one that imports the modules, if the system can.

    Not as copies of this one: a thread of a progress bar may hold a lock.
    """
    if "forkserver" not in get_all_start_methods():
        return get_context("spawn")
    from multiprocessing import forkserver  # not every system has it

    context = get_context("forkserver")
    context.set_forkserver_preload(["converter.uncollected", *modules])
    with ctrl_c_held():
        forkserver.ensure_running()  # and imports, while this process goes on
    return context


def _start_all(pool: ProcessPoolExecutor, jobs: int) -> None:
    with ctrl_c_held(), _main_hidden():
        for _ in range(jobs):
            pool.submit(_nothing)  # starts a process


@contextmanager
def _main_hidden() -> Iterator[None]:
    """Let processes that are started meanwhile not import the main module: that is the whole command line."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        yield
    finally:
        sys.modules["__main__"] = main


@contextmanager
def ctrl_c_held() -> Iterator[None]:
    """Hold Ctrl-C back: here until the end, in processes that are started meanwhile until they let it in.

    It may not be ignored, for to start a process takes as long as what it is given takes to be read.
    """
    resource_tracker.ensure_running()  # as it starts, it lets signals in
    pressed = []
    before = signal.signal(signal.SIGINT, lambda *_: pressed.append(True))  # other threads do not hold it
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        signal.signal(signal.SIGINT, before)
        if pressed:
            signal.raise_signal(signal.SIGINT)


def let_ctrl_c_in() -> None:
    """In a process that was started while Ctrl-C was held: it ends it from now on, without a word."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})


def _prepare(work: Callable[[Any], Any], environment: Mapping[str, str]) -> None:
    # That of the process that it is a copy of may be of another time.
    if dict(os.environ) != environment:
        os.environ.clear()
        os.environ.update(environment)
    let_ctrl_c_in()
    gc.freeze()
    gc.set_threshold(_GARBAGE)
    gc.enable()
    _work.append(work)


def _nothing() -> None:
    pass


def _do(item: Any) -> Any:
    return _work[0](item)
