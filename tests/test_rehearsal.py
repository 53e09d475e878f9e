"""What is converted while Airflow starts is like what is converted afterwards."""

from converter.rehearsal import rehearse


def test_a_dag_with_pollers_is_converted():
    template = rehearse()
    assert "PollerFunction:" in template
    assert "StarterFunction:" in template
