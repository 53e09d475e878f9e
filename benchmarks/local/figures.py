"""What a measurement came to."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Figure:
    """``what`` was measured took ``seconds``, at best ``ideal`` (None: as little as possible).

    ``rate`` is how much of ``unit`` was done in a second.
    """

    what: str
    seconds: float
    ideal: float | None = None
    rate: float | None = None
    unit: str = ""

    @property
    def ratio(self) -> float | None:
        """How many times the ideal it took."""
        return None if self.ideal is None else self.seconds / self.ideal
