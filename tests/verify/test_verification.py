import pytest
from random_dags import random_dag

from converter.asl.options import Options
from converter.pipeline import convert
from converter.verify.verification import verify

pytestmark = pytest.mark.usefixtures("each_poller_style")

OPTIONS = Options(poll_interval=5, await_deadline=12 * 3600)


def verified(flow, scenarios):
    conversion = convert(flow, OPTIONS)
    assert not conversion.refused, [str(item) for item in conversion.diagnostics]
    codes = frozenset(item.code for item in conversion.diagnostics)
    return verify(flow, conversion.plan, conversion.machine, codes, range(scenarios))


def check(seeds, scenarios, largest):
    for seed in seeds:
        result = verified(random_dag(seed, largest), scenarios)
        assert result.scenarios == scenarios
        assert result.divergences == (), f"random_dag({seed}, {largest})"


@pytest.mark.parametrize("chunk", range(4))
def test_random_dags_of_everything_end_as_in_airflow(chunk):
    check(range(chunk * 25, chunk * 25 + 25), 3, 8)
