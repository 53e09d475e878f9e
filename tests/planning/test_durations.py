from workflows import empty, workflow

from converter.planning.durations import NO_DURATIONS, ExpectedDurations

ETL = workflow(empty("load"), empty("join"), dag_id="etl")
OTHER = workflow(empty("load"), dag_id="other")


def notes(durations, *workflows):
    return [note.problem for note in durations.strangers(workflows)]


def test_durations_by_dag_are_for_that_dag_only():
    durations = ExpectedDurations("d.json", by_dag={"etl": {"load": 5.0}})
    assert durations.of("etl") == {"load": 5.0}
    assert durations.of("other") == {}


def test_durations_without_a_dag_are_for_every_dag():
    durations = ExpectedDurations("d.json", of_any_dag={"load": 5.0})
    assert durations.of("etl") == durations.of("other") == {"load": 5.0}


def test_a_task_that_no_dag_has_is_noted():
    durations = ExpectedDurations("d.json", of_any_dag={"load": 1.0, "laod": 1.0, "jion": 1.0})
    (note,) = durations.strangers([ETL, OTHER])
    assert note.code.id == "D312"
    assert str(note) == "D312 d.json: no task of any DAG is called 'jion', 'laod'"


def test_a_task_that_its_dag_does_not_have_is_noted():
    durations = ExpectedDurations("d.json", by_dag={"etl": {"load": 1.0}, "other": {"join": 1.0}})
    assert notes(durations, ETL, OTHER) == ["DAG 'other' has no task 'join'"]


def test_durations_of_further_dags_are_no_reason_for_a_note_unless_there_are_no_others():
    durations = ExpectedDurations("d.json", by_dag={"etl": {}, "gone": {}})
    assert notes(durations, ETL) == []
    assert notes(durations, OTHER) == ["it is about other DAGs: 'etl', 'gone'"]


def test_of_many_strangers_some_are_named():
    durations = ExpectedDurations("d.json", of_any_dag=dict.fromkeys("gfedcba", 1.0))
    assert notes(durations, ETL) == ["no task of any DAG is called 'a', 'b', 'c', 'd', 'e' and 2 more"]


def test_no_durations_are_no_strangers():
    assert notes(NO_DURATIONS, ETL) == []
