"""What a machine that runs beside Airflow says of itself: in its comment, and in its tags.

The comment belongs to a definition, so each execution is read with what its own version was made of.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

#: The tag of a machine that each run of Airflow's may start; its value says why.
SHADOW_TAG = "dag2sfn:shadow"
#: The tag with the bucket that keeps what its comparisons have found.
BUCKET_TAG = "dag2sfn:bucket"
#: Values of the first tag: why its tasks may run although Airflow runs the same.
OVERRIDDEN, MAY_RUN_TWICE = "overridden", "may-run-twice"
#: Nothing is overridden, and nobody has said that its tasks may run twice: it is not converted.
NOT_ALLOWED = "not allowed"
_BEGINNING = "Shadow of a DAG: "


@dataclass(frozen=True)
class ShadowMark:
    """Of what a definition was made.

    ``source_hash`` is the SHA-256 (hex) of the DAG file, ``allowed`` one of the words above. ``instead`` has
    the texts that were overridden: what Airflow has, and what the machine has instead. The tasks ``twice`` do
    in the machine what they do in Airflow; the comment leaves them out.
    """

    source_hash: str
    allowed: str = OVERRIDDEN
    instead: tuple[tuple[str, str], ...] = ()
    twice: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ShadowMark:
        """Return the mark of its JSON form. Raises KeyError, TypeError or ValueError for anything else."""
        pairs = tuple((str(old), str(new)) for old, new in data["instead"])
        return cls(str(data["source_hash"]), str(data["allowed"]), pairs, tuple(data.get("twice", ())))

    def comment(self, about: str) -> str:
        """Return the comment of a machine; ``about`` is for people."""
        mark = {"source_hash": self.source_hash, "allowed": self.allowed, "instead": self.instead}
        return f"{_BEGINNING}{json.dumps(mark, ensure_ascii=False)}; {about}"


def mark_of(definition: Mapping[str, Any]) -> ShadowMark | None:
    """Return what a definition says of itself, None if it is none that runs beside Airflow.

    >>> mark_of({"Comment": ShadowMark("1f", instead=(("load", "load-shadow"),)).comment("DAG etl")})
    ShadowMark(source_hash='1f', allowed='overridden', instead=(('load', 'load-shadow'),), twice=())
    """
    comment = definition.get("Comment")
    if not isinstance(comment, str) or not comment.startswith(_BEGINNING):
        return None
    try:
        found, _ = json.JSONDecoder().raw_decode(comment, len(_BEGINNING))
        return ShadowMark.from_json(found)
    except (ValueError, KeyError, TypeError):
        return None  # somebody has written a comment of their own
