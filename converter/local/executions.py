"""The executions of the local AWS: started, found again, stopped, and reached by task tokens."""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from converter.engine import (
    Definition,
    Execution,
    HistoryEvent,
    MapRun,
    RealClock,
    TaskBackend,
    TaskCall,
    UnknownTaskToken,
)
from converter.engine.tasks import Json, MapRunGuard
from converter.local.definition_check import parsed_definition
from converter.local.durable.journal import Beginning, Journal
from converter.local.durable.recorded import RecordedRun, has_ended, interruption
from converter.local.integrations.activities import Activities, is_activity
from converter.local.loop_thread import LoopThread
from converter.local.machine_model import Startable
from converter.local.map_runs import (
    ItemRun,
    execution_of_item,
    is_in_map_run,
    machine_around,
    map_runs_of,
)

logger = logging.getLogger(__name__)


class NameTaken(Exception):
    """Another execution of this machine has the name."""


@dataclass
class LocalExecution:
    """One execution: the engine's (or what was recorded of it), and the machine as it was at the start."""

    engine: Execution | RecordedRun | ItemRun
    started: Startable
    arn: str
    name: str
    input_text: str
    task: asyncio.Task[None] | None = None
    """What runs it; None for one that has only been recorded."""
    crash: str | None = None
    """What went wrong inside the engine itself: never the machine's or a task's fault."""

    @property
    def machine_arn(self) -> str:
        """The machine's own ARN, whatever it was started by."""
        return self.started.machine_arn

    @property
    def version_arn(self) -> str | None:
        """The version that runs, if it was started by a version or an alias."""
        return self.started.version_arn

    @property
    def alias_arn(self) -> str | None:
        """The alias that it was started by."""
        return self.started.alias_arn

    @property
    def status(self) -> str:
        """RUNNING, SUCCEEDED, FAILED, TIMED_OUT or ABORTED."""
        return "FAILED" if self.crash is not None else str(self.engine.status)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self.status == "RUNNING"

    @property
    def start_date(self) -> datetime:
        """When it started."""
        return self.engine.start_date

    @property
    def stop_date(self) -> datetime | None:
        """When it ended; None while it runs."""
        return self.engine.stop_date

    @property
    def error(self) -> str | None:
        """The error of a failed execution."""
        return "States.Runtime" if self.crash is not None else self.engine.error

    @property
    def cause(self) -> str | None:
        """The cause of a failed execution."""
        return self.crash if self.crash is not None else self.engine.cause

    @property
    def output(self) -> str | None:
        """The output of a succeeded execution, as JSON text."""
        return self.engine.output

    async def finished(self) -> None:
        """Return when it has ended. Cancelling the wait leaves the execution alone."""
        if self.task is not None:
            await asyncio.wait([self.task])


@dataclass
class Executions:
    """All executions, by ARN and by machine. Thread-safe; the engine itself runs on ``loop``.

    ``backend`` carries out their tasks. It is set after creation: nested executions make it need this object.
    """

    loop: LoopThread
    backend: TaskBackend = field(init=False)
    activities: Activities = field(init=False)
    journal: Journal | None = None
    """Where executions are written as they run; None: nowhere."""
    _lock: threading.RLock = field(default_factory=threading.RLock)
    _by_arn: dict[str, LocalExecution] = field(default_factory=dict)
    _by_machine: dict[str, dict[str, LocalExecution]] = field(default_factory=dict)
    _tokens: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.activities = Activities(self.loop)

    def start(self, started: Startable, name: str, input_text: str) -> LocalExecution:
        """Start an execution; the same name and input as a running one's return that one.

        Raises NameTaken, and the engine's InvalidExecutionInput.
        """
        arn = f"{started.machine_arn.replace(':stateMachine:', ':execution:')}:{name}"
        definition = parsed_definition(started.revision.definition)
        with self._lock:
            existing = self._by_arn.get(arn)
            if existing is not None:
                if existing.is_running and existing.input_text == input_text:
                    return existing
                raise NameTaken(arn)
            return self.loop.call(self._begin, definition, started, arn, name, input_text)

    def _begin(
        self, definition: Definition, started: Startable, arn: str, name: str, input_text: str
    ) -> LocalExecution:
        engine = Execution(
            definition,
            input_text,
            backend=self,
            clock=RealClock(),
            arn=arn,
            state_machine_arn=started.machine_arn,
            name=name,
            role_arn=started.revision.role_arn,
            on_event=lambda event: self._write(arn, event),
        )
        if self.journal is not None:
            self.journal.begin(Beginning(arn, name, input_text, started, engine.start_date))
        execution = LocalExecution(engine, started, arn, name, input_text)
        # Before its first task runs: that may ask for the execution.
        self._by_arn[arn] = execution
        self._by_machine.setdefault(started.machine_arn, {})[arn] = execution
        execution.task = asyncio.ensure_future(self._run(execution, engine))
        return execution

    def _write(self, arn: str, event: HistoryEvent) -> None:
        if self.journal is not None:
            self.journal.add(arn, event)

    def restore(self, journal: Journal) -> None:
        """Take over the executions of another process, and write to the same journal from now on.

        One that still ran is failed: what its tasks did outside cannot be taken up again.
        """
        self.journal = journal
        for beginning, history in journal.read():
            if not has_ended(history):
                end = interruption(history, RealClock().now())
                journal.add(beginning.arn, end)
                history.append(end)
            run, started = RecordedRun(history, beginning.start_date), beginning.started
            execution = LocalExecution(run, started, beginning.arn, beginning.name, beginning.input_text)
            self._by_arn[execution.arn] = execution
            self._by_machine.setdefault(started.machine_arn, {})[execution.arn] = execution

    async def _run(self, execution: LocalExecution, engine: Execution) -> None:
        try:
            await engine.run()
        # The boundary of the engine: a fault in it must end as a failed execution that says so, not as one
        # that runs for ever.
        except Exception as error:
            logger.exception("the engine failed in %s", execution.arn)
            execution.crash = f"The local engine failed: {type(error).__name__}: {error}"
            engine.stop(execution.error, execution.crash)

    async def run(self, call: TaskCall, submitted: Callable[[Json], None]) -> Json:
        """Be the engine's TaskBackend: remember the token as one of ours; offer or hand on the call."""
        if call.token is not None:
            self._tokens.add(call.token)
        if is_activity(call.resource):
            return await self.activities.run(call, submitted)
        return await self.backend.run(call, submitted)

    def allow_map_run(self, execution_arn: str) -> None:
        """Be the engine's MapRunGuard, as far as the backend is one."""
        if isinstance(self.backend, MapRunGuard):
            self.backend.allow_map_run(execution_arn)

    def find(self, arn: str) -> LocalExecution | None:
        """The execution, or None; it may be one of a Map Run."""
        found = self._by_arn.get(arn)
        if found is None and is_in_map_run(arn):
            return execution_of_item(self.newest_first(machine_around(arn)), arn)
        return found

    def find_map_run(self, arn: str) -> tuple[LocalExecution, MapRun] | None:
        """The Map Run, with the execution around it, or None."""
        if not is_in_map_run(arn):
            return None
        for execution in self.newest_first(machine_around(arn)):
            for run in map_runs_of(execution):
                if run.arn == arn:
                    return execution, run
        return None

    def newest_first(self, machine_arn: str) -> list[LocalExecution]:
        """A machine's executions, the last started first."""
        with self._lock:
            return list(reversed(self._by_machine.get(machine_arn, {}).values()))

    def stop(self, execution: LocalExecution, error: str | None = None, cause: str | None = None) -> None:
        """Abort an execution and wait until it has ended; nothing happens to one that has."""
        self.loop.run(stop_and_wait(execution, error, cause))

    def answer_token(self, token: str, method: str, *args: Any) -> None:
        """``send_task_success``, ``send_task_failure`` or ``send_task_heartbeat`` for a token.

        Raises KeyError for a token that was never given out, UnknownTaskToken if its task has ended.
        """
        with self._lock:
            running = [execution for execution in self._by_arn.values() if execution.is_running]
        if self.loop.call(_answer_first, running, token, method, *args):
            return
        raise UnknownTaskToken(token) if token in self._tokens else KeyError(token)

    def forget_machine(self, machine_arn: str) -> None:
        """Abort and drop the executions of a deleted machine."""
        with self._lock:
            executions = self._by_machine.pop(machine_arn, {})
        for arn, execution in executions.items():
            self.stop(execution)
            del self._by_arn[arn]
        if self.journal is not None:
            self.journal.forget(executions)

    def reset(self) -> None:
        """Abort and drop all executions."""
        with self._lock:
            executions = list(self._by_arn.values())
            self._by_arn.clear()
            self._by_machine.clear()
            self._tokens.clear()
        self.activities.forget()
        if executions:
            self.loop.run(_stop_all(executions))
        if self.journal is not None:
            self.journal.forget(execution.arn for execution in executions)


async def _stop_all(executions: list[LocalExecution]) -> None:
    await asyncio.gather(*map(stop_and_wait, executions))


def _answer_first(running: list[LocalExecution], token: str, method: str, *args: Any) -> bool:
    """Give the answer to the execution that waits for the token; False: none does."""
    for execution in running:
        if execution.engine.waits_for(token):
            getattr(execution.engine, method)(token, *args)
            return True
    return False


async def stop_and_wait(
    execution: LocalExecution, error: str | None = None, cause: str | None = None
) -> None:
    """Abort an execution from the loop that runs it, and wait until its tasks have been cancelled."""
    if execution.is_running:
        execution.engine.stop(error, cause)
    await execution.finished()
