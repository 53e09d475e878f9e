import pytest

from converter.asl.options import Options, PollerStyle


@pytest.fixture(params=list(PollerStyle), ids=lambda style: style.value)
def each_poller_style(request):
    """Runs a test for pollers of each style: what it expects is the same."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Options, "style_for", lambda _options, _awaited: request.param)
        yield request.param
