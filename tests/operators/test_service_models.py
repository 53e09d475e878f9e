from __future__ import annotations

import pytest

from docs import service_models


@pytest.mark.full
def test_the_models_are_those_of_the_installed_botocore():
    assert service_models.main(["--check"]) == 0
