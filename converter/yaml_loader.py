"""Reads YAML several times as fast as PyYAML's own loader, where PyYAML brings the parser written in C."""

from __future__ import annotations

from typing import Any

import yaml
from yaml.composer import Composer
from yaml.constructor import SafeConstructor
from yaml.resolver import Resolver

try:
    from yaml.cyaml import CParser  # type: ignore[attr-defined]
except ImportError:  # PyYAML was built without libyaml
    SafeLoader: Any = yaml.SafeLoader
else:

    class _SafeLoader(Composer, CParser, SafeConstructor, Resolver):
        """As yaml.CSafeLoader, but composed in Python: deep nesting is a RecursionError there, no crash."""

        def __init__(self, stream: str) -> None:
            CParser.__init__(self, stream)
            Composer.__init__(self)
            SafeConstructor.__init__(self)
            Resolver.__init__(self)

    SafeLoader = _SafeLoader
