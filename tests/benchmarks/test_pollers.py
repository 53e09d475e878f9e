from benchmarks.pollers.waiting import measure
from converter.asl.options import PollerStyle


def test_a_retry_costs_a_third_of_a_loop_and_sees_the_end_as_soon():
    interval, call = 60, 0.2
    loop, retry = (measure(style, interval, phases=12) for style in PollerStyle)
    # In an hour, one question a minute (and the time that each takes).
    assert loop.calls == retry.calls in (59, 60)
    assert (loop.transitions, loop.events) == (3 * loop.calls, 9 * loop.calls)
    assert (retry.transitions, retry.events) == (retry.calls, 3 * retry.calls)
    for waiting in (loop, retry):
        assert waiting.longest_delay <= interval + 2 * call
        assert interval * 0.4 <= waiting.mean_delay <= interval * 0.6
    assert 0.33 < retry.dollars / loop.dollars < 0.4
