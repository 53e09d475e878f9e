"""Static checks: a second opinion on a definition and its bundle, before anything is deployed.

``problems_of`` checks a definition, ``check`` what a path leads to. Nothing here shares code with what writes
machines (``converter.asl``, ``planning``, ``packaging``): a mistake there must not be repeated here. Each
module is one subject: ``schema``, ``handlers``, ``flow``, ``scopes`` (expressions), ``calls`` (services),
``pollers``, ``limits``, ``permissions``; ``machine`` reads a definition, ``bundles`` a folder.
"""

from converter.checks.bundles import Report, check, inspect
from converter.checks.definitions import problems_of

__all__ = ["Report", "check", "inspect", "problems_of"]
