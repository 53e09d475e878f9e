"""What an execution cost to orchestrate. The jobs themselves cost the same on both sides."""

from __future__ import annotations

from dataclasses import dataclass

from converter.comparison.model import Run

#: Prices in US dollars, us-east-1, without free tiers: aws.amazon.com/step-functions/pricing (Standard
#: workflows), aws.amazon.com/lambda/pricing (arm64).
PRICES_OF = "2025, us-east-1, without free tiers"
TRANSITION = 0.025 / 1_000
INVOCATION = 0.20 / 1_000_000
GIGABYTE_SECOND = 0.0000133334
#: The poller function's memory, and how long one call of it is taken to last.
POLLER_GIGABYTES = 0.25
POLLER_SECONDS = 0.2


@dataclass(frozen=True)
class Item:
    """One line of a bill, in US dollars."""

    what: str
    quantity: int
    price: float

    @property
    def amount(self) -> float:
        """Quantity times price."""
        return self.quantity * self.price


def cost_of(run: Run) -> tuple[Item, ...]:
    """Return the lines of the bill of an execution; none for an Airflow run, which is billed by the hour."""
    if run.transitions is None:
        return ()
    call = INVOCATION + POLLER_GIGABYTES * POLLER_SECONDS * GIGABYTE_SECOND
    return (
        Item("state transitions", run.transitions, TRANSITION),
        Item("status calls of pollers", run.status_calls or 0, call),
    )
