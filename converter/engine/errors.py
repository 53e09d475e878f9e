"""What can go wrong with a definition or with a run, outside the errors that a machine itself handles."""

from __future__ import annotations

from collections.abc import Sequence


class EngineError(Exception):
    """Base of the errors that the engine raises to its caller."""


class InvalidDefinition(EngineError):
    """The text is no valid Amazon States Language definition.

    ``problems`` holds every problem found, each as ``CODE: what is wrong at /States/…``, in the words of AWS
    where they are known. ``str()`` of the error reads like CreateStateMachine's answer.
    """

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__(f"Invalid State Machine Definition: '{', '.join(self.problems)}'")


class UnsupportedDefinition(EngineError):
    """The definition may be valid, but uses what this engine does not run. ``problems`` names each place."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("Not supported by this engine: " + "; ".join(self.problems))


class InvalidExecutionInput(EngineError):
    """The input is no JSON text."""


class Deadlock(EngineError):
    """On the virtual clock nothing is scheduled any more, and the execution has not ended."""


class UnknownTaskToken(EngineError):
    """No task of this execution waits for this token (it never did, has ended, or timed out)."""
