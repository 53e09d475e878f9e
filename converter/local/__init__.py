"""AWS on this machine: a moto server whose Step Functions executions are run by the engine.

Lambda functions really run, Glue runs take the time and end in the state that their arguments say. See
docs/local.md for what is real, what is modelled and what is refused.
"""

from converter.local.durable.database import StateUnusable
from converter.local.server import LocalAws, serve

__all__ = ["LocalAws", "StateUnusable", "serve"]
