"""Arguments of a call in a template, matched with the names of the parameters."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from converter.expressions.templates.operands import Constant, Operand
from converter.expressions.templates.scope import Refusal


@dataclass(frozen=True)
class Given:
    """What a filter, macro or method is called with."""

    positional: tuple[Operand, ...] = ()
    named: Mapping[str, Operand] = field(default_factory=dict)

    @property
    def all_constant(self) -> bool:
        """Whether all are known at conversion."""
        return all(isinstance(item, Constant) for item in (*self.positional, *self.named.values()))

    def constants(self) -> tuple[list[object], dict[str, object]]:
        """Return the Python values of arguments that are all known."""
        positional = [item.value for item in self.positional if isinstance(item, Constant)]
        named = {name: item.value for name, item in self.named.items() if isinstance(item, Constant)}
        return positional, named

    def bind(self, what: str, parameters: str) -> dict[str, Operand]:
        """Return the arguments by parameter; ``parameters`` are names in order, with blanks between.

        Raises Refusal for an argument that is not among them; ``what`` names the function.
        """
        names = parameters.split()
        if len(self.positional) > len(names):
            raise Refusal(f"{what} is called with {len(self.positional)} arguments", "leave out the last")
        bound = dict(zip(names, self.positional, strict=False))
        for name, value in self.named.items():
            if name not in names or name in bound:
                raise Refusal(f"{what} is called with {name}=", "leave it out")
            bound[name] = value
        return bound

    def only(self, parameter: str, what: str) -> Operand:
        """Return the only argument, which must be given."""
        bound = self.bind(what, parameter)
        if parameter not in bound:
            raise Refusal(f"{what} is called without {parameter}", "give it")
        return bound[parameter]
