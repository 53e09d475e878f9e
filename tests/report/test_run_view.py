from __future__ import annotations

from datetime import datetime, timezone

import pytest

from converter.executions import RunResult, TaskResult
from converter.report.run_view import print_run, show_live

START = datetime(2026, 1, 1, tzinfo=timezone.utc)
END = datetime(2026, 1, 1, 0, 1, 30, tzinfo=timezone.utc)
ARN = "arn:aws:states:us-east-1:123456789012:execution:dag2sfn-etl:r"


def run_of(**tasks: TaskResult) -> RunResult:
    return RunResult(ARN, "FAILED", tasks, START, END, "DagRunFailed", "load failed\nfor good")


def test_what_is_piped_has_a_line_for_each_task_however_long(capsys: pytest.CaptureFixture[str]) -> None:
    long_id, output = "x" * 250, {"text": "y" * 5000, "lines": "a\nb"}
    print_run(
        run_of(
            **{
                long_id: TaskResult("success", START, END, 1, output),
                "load": TaskResult("failed", START, END, 2, None, "Glue.Error\nwith a line break", "why"),
                "late": TaskResult(),
            }
        )
    )
    head, first, second, third, status, cause = capsys.readouterr().out.splitlines()
    assert head.split() == ["task", "state", "start", "end", "seconds", "attempts", "output"]
    assert first.startswith(f"{long_id}  success ")
    assert first.endswith(f'{{"text": "{"y" * 5000}", "lines": "a\\nb"}}')
    assert second.split()[:2] == ["load", "failed"]
    assert second.split()[4:] == ["90.0", "2", "Glue.Error", "with", "a", "line", "break:", "why"]
    assert third.split() == ["late", "waiting", "0"]
    # One long output does not make the other lines as long.
    assert len(third) < 400
    assert status == "execution FAILED"
    assert cause == "DagRunFailed: load failed for good"


def test_columns_stand_below_each_other(capsys: pytest.CaptureFixture[str]) -> None:
    print_run(run_of(a=TaskResult("success", START, END, 1), a_longer_one=TaskResult("failed", attempts=10)))
    head, first, second, *_ = capsys.readouterr().out.splitlines()
    assert head.index("state") == first.index("success") == second.index("failed")
    assert head.index("attempts") == first.rindex("1") == second.index("10")


def test_progress_that_is_piped_is_a_line_for_each_change(capsys: pytest.CaptureFixture[str]) -> None:
    long_id = "x" * 250
    looks = [
        RunResult(ARN, "RUNNING", {long_id: TaskResult("running", START), "b": TaskResult()}),
        RunResult(ARN, "RUNNING", {long_id: TaskResult("success", START, END), "b": TaskResult()}),
        RunResult(ARN, "SUCCEEDED", {long_id: TaskResult("success", START, END), "b": TaskResult("skipped")}),
    ]
    assert show_live(iter(looks)) is looks[-1]
    captured = capsys.readouterr()
    assert captured.out == ""
    told = [line.split()[-2:] for line in captured.err.splitlines()]
    assert told == [
        [long_id, "running"],
        ["execution", "RUNNING"],
        [long_id, "success"],
        ["b", "skipped"],
        ["execution", "SUCCEEDED"],
    ]


@pytest.mark.parametrize(
    ("cause", "shown"),
    [
        ('{"errorMessage": "no such table", "errorType": "E", "stackTrace": ["x"]}', "E: no such table"),
        ('{"JobName": "load", "ErrorMessage": "out of memory", "JobRunState": "FAILED"}', "E: out of memory"),
        ('{"JobName": "load", "JobRunState": "STOPPED"}', "E"),
        ("the function\nis not there", "E: the function is not there"),
        ('{"errorMessage": "cut', 'E: {"errorMessage": "cut'),
        ("[1]", "E: [1]"),
        ("y" * 301, f"E: {'y' * 300}…"),
        (None, "E"),
    ],
)
def test_a_failed_task_says_why(capsys: pytest.CaptureFixture[str], cause: str | None, shown: str) -> None:
    print_run(run_of(load=TaskResult("failed", START, END, 1, None, "E", cause)))
    line = capsys.readouterr().out.splitlines()[1]
    assert line.split("  1         ")[1] == shown
