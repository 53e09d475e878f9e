"""How much of the long random tests is played: ``make test-long`` plays ten times as much."""

import os

SCALE = int(os.environ.get("DAG2SFN_TEST_SCALE", "1"))


def scaled(first, count):
    """Return the seeds from ``first`` on: ``count`` of them, and more in a long run."""
    return range(first, first + count * SCALE)
