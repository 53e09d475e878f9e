from benchmarks.large.playing import measure
from converter.asl.budget import Limits


def test_a_layered_dag_in_many_machines_ends_as_in_airflow():
    result = measure(20, limits=Limits(definition=40_000))
    assert result.machines > 3
    assert result.differing == ()
    assert sum(result.outcomes.values()) == 20
    assert {"success", "failed", "upstream_failed"} == result.outcomes.keys()
