"""Jinja of template fields → JSONata that gives the same texts.

``translate_value`` takes a template field's value and gives it back with an Expression for each text that is
known only at run time, or with the problems that stand against it. ``docs/templates.md`` shows what is
translated to what.
"""

from converter.expressions.templates.scope import Problem, Scope
from converter.expressions.templates.translation import Translation, translate, translate_value

__all__ = ["Problem", "Scope", "Translation", "translate", "translate_value"]
