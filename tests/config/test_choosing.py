from __future__ import annotations

from pathlib import Path

from converter.asl.options import Correlate, Correlation, Failures, Options, PollerStyle, Xcom
from converter.config import options_of_dags, read_config
from converter.planning import Strategy

TEXT = """\
poll: {interval: 20}
dags:
  sales:
    poll: {interval: 40, deadline: 600, style: retry}
    failures: stop
    resume: off
    correlation: {window: 900}
    tasks:
      load: {poll: {interval: 5, style: loop}, correlation: argument}
"""


def config_of(folder: Path, text: str = TEXT):
    file = folder / "dag2sfn.yaml"
    file.write_text(text)
    return read_config(file)


def test_a_dag_and_its_tasks_go_before_what_holds_for_all(tmp_path: Path) -> None:
    found = options_of_dags(config_of(tmp_path), Options(poll_interval=20), ())
    sales = found.of("sales")
    assert found.of("other") == Options(poll_interval=20)
    assert (sales.poll_interval, sales.await_deadline, sales.poller_style) == (40, 600, PollerStyle.RETRY)
    assert (sales.failures, sales.resumable) == (Failures.STOP, False)
    assert (sales.correlate, sales.window) == (Correlate.WINDOW, 900)
    assert sales.poll_intervals == {"load": 5}
    assert sales.poller_styles == {"load": PollerStyle.LOOP}
    assert sales.correlations == {"load": Correlation(Correlate.ARGUMENT)}


def test_the_command_line_goes_before_all_of_the_file(tmp_path: Path) -> None:
    given = {"poll_interval", "failures", "window", "resumable"}
    options = Options(Failures.AIRFLOW, Correlate.WINDOW, window=60, poll_interval=2)
    sales = options_of_dags(config_of(tmp_path), options, given).of("sales")
    assert (sales.poll_interval, sales.poll_intervals) == (2, {})
    assert (sales.failures, sales.resumable) == (Failures.AIRFLOW, True)
    assert (sales.correlate, sales.window, sales.correlations) == (Correlate.WINDOW, 60, {})
    assert sales.poller_style is PollerStyle.RETRY  # nobody said otherwise


def test_what_is_said_for_all_holds_where_the_command_has_no_such_option(tmp_path: Path) -> None:
    text = """\
xcom: s3
strategy: barrier
resume: off
correlation: {window: 900}
poll: {deadline: 600, interval: 7}
dags: {sales: {poll: {deadline: 60}}}
"""
    options = options_of_dags(config_of(tmp_path, text), Options(), {"poll_interval"})
    for dag_id, deadline in (("sales", 60), ("other", 600)):
        found = options.of(dag_id)
        assert (found.xcom, found.strategy, found.resumable) == (Xcom.S3, Strategy.BARRIER, False)
        assert (found.correlate, found.window) == (Correlate.WINDOW, 900)
        assert (found.await_deadline, found.poll_interval) == (deadline, 30)
