import pytest
from workflows import glue, workflow

from converter.asl.options import Options
from converter.asl.tasks import rounding_problems, seen_in_glue, state_of, task_retry, timeout_of
from converter.operators import steps_of
from converter.operators.step import Step
from converter.workflow import Retries


def retrier(retries):
    """The retrier for the task's own failures: the last one."""
    return task_retry(retries)[-1]


def test_without_retries_there_is_no_retrier():
    assert task_retry(Retries(0, delay=10)) == []


def test_retries_wait_a_constant_delay():
    assert retrier(Retries(2, delay=300)) == {
        "ErrorEquals": ["States.ALL"],
        "IntervalSeconds": 300,
        "MaxAttempts": 2,
        "BackoffRate": 1.0,
    }


def test_max_retry_delay_means_nothing_without_backoff():
    assert "MaxDelaySeconds" not in retrier(Retries(2, delay=300, max_delay=10))


def test_exponential_backoff_has_a_rate_and_a_longest_delay():
    state = retrier(Retries(5, delay=60, backoff=2.0, max_delay=600))
    assert (state["IntervalSeconds"], state["BackoffRate"], state["MaxDelaySeconds"]) == (60, 2.0, 600)


def test_airflow_never_waits_longer_than_a_day():
    assert retrier(Retries(9, delay=60, backoff=3.0))["MaxDelaySeconds"] == 86_400


def test_a_longest_delay_below_the_delay_is_the_delay():
    # ASL wants MaxDelaySeconds to be greater than IntervalSeconds.
    state = retrier(Retries(3, delay=300, backoff=2.0, max_delay=120))
    assert (state["IntervalSeconds"], state["BackoffRate"]) == (120, 1.0)
    assert "MaxDelaySeconds" not in state


@pytest.mark.parametrize(("delay", "seconds"), [(0, 1), (0.4, 1), (1.5, 2), (7, 7)])
def test_asl_waits_whole_seconds_and_at_least_one(delay, seconds):
    assert retrier(Retries(1, delay=delay))["IntervalSeconds"] == seconds
    problems = rounding_problems(glue("t", retries=Retries(1, delay=delay)))
    assert [problem.code.id for problem in problems] == (["D225"] if delay != seconds else [])


def test_an_evaluation_error_is_not_retried():
    assert task_retry(Retries(3))[0] == {"ErrorEquals": ["States.QueryEvaluationError"], "MaxAttempts": 0}


@pytest.mark.parametrize(
    ("operators", "tasks", "seconds"),
    [(None, None, None), (600, None, 600), (None, 90.5, 91), (600, 90, 90), (60, 90, 60)],
)
def test_the_shorter_limit_counts_for_each_try(operators, tasks, seconds):
    step = Step("t", "Glue", "arn:aws:states:::x", timeout=operators)
    assert timeout_of(step, glue("t", execution_timeout=tasks)) == seconds


def service_retrier(retries):
    task = glue("t", retries=retries)
    steps, _ = steps_of(workflow(task))
    return state_of(steps["t"], task, Options(), awaited=False, has_records=False)["Retry"]


def test_throttling_is_retried_at_once_with_jitter():
    (retrier,) = service_retrier(Retries(0))
    assert retrier["ErrorEquals"] == ["Glue.AWSGlueException", "Glue.ConcurrentRunsExceededException"]
    assert (retrier["IntervalSeconds"], retrier["JitterStrategy"]) == (1, "FULL")


def test_a_services_retrier_is_no_less_patient_than_the_task():
    # The first retrier that matches an error takes it for good: ASL does not fall through to the next.
    retrier, _, own = service_retrier(Retries(10, delay=600))
    waits = [min(2**tries, retrier["MaxDelaySeconds"]) for tries in range(retrier["MaxAttempts"])]
    assert sum(waits) >= 10 * 600
    assert waits[-10:] == [600] * 10
    assert own["ErrorEquals"] == ["States.ALL"]


def test_an_awaited_run_with_a_timeout_is_seen_by_its_record_alone():
    task = glue("t", execution_timeout=60)
    steps, _ = steps_of(workflow(task))
    assert seen_in_glue(steps["t"], task) is None
    assert seen_in_glue(steps["t"], glue("t")).job_name == "t"
