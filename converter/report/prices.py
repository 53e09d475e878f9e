"""What AWS charges, where a report says what a run costs."""

#: Dollars for a state transition of a standard workflow.
TRANSITION = 0.025 / 1_000
PRICES = "us-east-1, as published in 2025, without free tiers"
