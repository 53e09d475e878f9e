"""The demonstration, as `make demo` runs it, and what it has to show."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = [sys.executable, "-m", "benchmarks.partial_fan_in"]
POLL_INTERVAL = 2
#: A status call, and what the real clock is allowed.
TOLERANCE = 1.0

pytestmark = pytest.mark.full


def test_each_report_starts_as_early_as_it_can_at_fewer_transitions_than_by_hand():
    done = subprocess.run(
        [*COMMAND, "--format", "json"], cwd=ROOT, capture_output=True, text=True, check=True, timeout=400
    )
    runs = json.loads(done.stdout)
    converted, stop = runs["converted"], runs["converted, --failures stop"]
    barrier, by_hand = runs["(a) a plain barrier"], runs["(b) two pollers by hand"]
    assert {run["status"] for run in runs.values()} == {"SUCCEEDED"}
    for run in (converted, stop):
        assert 0 <= run["report_b_start"] - run["glue3_end"] <= POLL_INTERVAL + TOLERANCE
        assert run["report_a_start"] <= by_hand["report_a_start"] + 0.2
    assert stop["transitions"] < by_hand["transitions"]
    assert converted["transitions"] == stop["transitions"] + 3 + 3 * (
        converted["status_calls"] - stop["status_calls"]
    )
    assert barrier["status_calls"] == 0


def test_ctrl_c_ends_it_and_leaves_nothing_running():
    demo = subprocess.Popen(
        COMMAND,
        cwd=ROOT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        # As from a terminal: a test run in the background may have been started with Ctrl-C ignored.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # noqa: PLW1509 - no threads here
    )
    for line in demo.stderr:
        if "glue3 running" in line:
            break
    os.killpg(demo.pid, signal.SIGINT)  # Ctrl-C reaches the whole group in the foreground of a terminal
    _, stderr = demo.communicate(timeout=60)
    assert demo.returncode == 130
    assert "Traceback" not in stderr
    left = subprocess.run(["pgrep", "-g", str(demo.pid)], capture_output=True, text=True, check=False)
    assert left.stdout == ""
