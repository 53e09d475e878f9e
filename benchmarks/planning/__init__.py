"""How good and how fast the planner is: Awaits against the proven minimum, seconds and memory over size."""
