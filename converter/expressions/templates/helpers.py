r"""JSONata functions for what Python does and JSONata does otherwise.

A translated template brings along the definitions of those that it calls. A dollar sign and one of these
names is never anything else in a translation.
"""

from __future__ import annotations

import re

from converter.expressions.templates.patterns import END
from converter.expressions.variables import ALL_VARIABLES

RUN = "$states.context.Execution.Input"

#: Texts that begin like a literal of Python, and are none: names, URLs, dates, numbers with leading zeros.
_NO_LITERAL = rf"^([a-z][a-z0-9]*:\/\/|[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}|-?0[0-9]*[1-9][0-9]*{END})"
_NUMBER = r"(0[xXoObB][0-9a-fA-F_]+|([0-9][0-9_]*([.][0-9_]*)?|[.][0-9][0-9_]*)([eE][-+]?[0-9_]+)?[jJ]?)"
#: Brackets, quotes, comma, comment, line break, backslash.
_STRUCTURE = r"[\[\]\(\)\{\}'\x22,#\r\n\x5c]"
#: What has no bracket, comma, quote or comment is a literal only if it is a number or one of three names.
_PERHAPS_A_LITERAL = (
    rf"^[-+ \t]*{_NUMBER}([ \t]*[-+][ \t]*{_NUMBER})?[ \t]*{END}"
    rf"|^(True|False|None|[.][.][.])[ \t]*{END}"
    rf"|^(True|False|None|set)[^a-zA-Z0-9_]*{_STRUCTURE}|^[bBrRuUfF]{{1,2}}['\x22]"
    rf"|^[^a-zA-Z_\/ \t][\s\S]*{_STRUCTURE}|^{_STRUCTURE}"
)

#: In the order in which they are defined: each after those that it calls.
_FUNCTIONS: dict[str, str] = {
    # A value that Airflow's Jinja would find undefined fails the task, as there.
    "need": "function($v, $name) { $exists($v) ? $v : $error($name & ' is undefined') }",
    "or_none": "function($v) { $exists($v) ? $v : null }",
    # What the run has read when it began: the value's text, nothing, or why it could not be read.
    "variable": (
        f"function($n) {{ ($v := $lookup(${ALL_VARIABLES}, $n); $type($v) = 'object'"
        " ? $error('the Variable ' & $n & ' was not read: ' & $v.error) : $v) }"
    ),
    "variable_json": "function($n) { ($v := $variable($n); $exists($v) ? $parse($v)) }",
    # The run's dates; anything but what a run is started with would be cut to pieces.
    "date": (
        f"function($name) {{ ($d := $lookup({RUN}, $name);"
        r" $contains($string($d), /^.{10}T.{8}(\.\d{6})?\+00:00/)"
        " ? $d : $error('the run has no ' & $name & ' like 2024-03-31T00:00:00+00:00')) }"
    ),
    # JSONata writes numbers with 15 digits, and as JavaScript does: 0.00001, 1e+21.
    "digits": (
        "function($n) { ($s := $string($n); $number($s) = $n and $abs($n) < 1e15"
        " and ($n = 0 or $abs($n) >= 0.0001) ? $s : $error($s & ' is not how Python writes the number')) }"
    ),
    "whole": "function($n) { $n = $floor($n) ? $n : $error('this calculates with a fraction, ' & $n) }",
    "str": (
        "function($v) { $type($v) = 'string' ? $v : $type($v) = 'number' ? $digits($v)"
        " : $v = true ? 'True' : $v = false ? 'False' : $v = null ? 'None'"
        " : $error('an ' & $type($v) & ' has no text: use tojson, join or a member of it') }"
    ),
    "text": (
        "function($v) { $type($v) = 'string' ? $v"
        " : $error('a string is needed, and this is of type ' & $type($v)) }"
    ),
    # JSONata takes a list of false things for false.
    "truthy": "function($v) { $type($v) = 'array' ? $count($v) > 0 : $boolean($v) }",
    "item": (
        "function($v, $k) { $type($k) = 'string' ? ($type($v) = 'object' ? $lookup($v, $k))"
        " : $type($k) != 'number' ? $error('no member is numbered ' & $string($k))"
        " : $type($v) = 'array' ? $v[$k]"
        " : $type($v) = 'string' and $k < $length($v) and $k >= -$length($v) ? $substring($v, $k, 1) }"
    ),
    "size": (
        "function($v) { $type($v) = 'string' ? $length($v) : $type($v) = 'array' ? $count($v)"
        " : $type($v) = 'object' ? $count($keys($v)) : $error('a ' & $type($v) & ' has no length') }"
    ),
    "list": (
        "function($v) { $type($v) = 'array' ? $v"
        " : $error('a list is needed, and this is of type ' & $type($v)) }"
    ),
    "dict": (
        "function($v) { $type($v) = 'object' ? $v"
        " : $error('a dict is needed, and this is of type ' & $type($v)) }"
    ),
    # In Python, true equals 1.
    "plain": "function($v) { $type($v) = 'boolean' ? ($v ? 1 : 0) : $v }",
    "same": "function($a, $b) { $plain($a) = $plain($b) }",
    "has": (
        "function($all, $v) { $type($all) = 'string' ? $contains($all, $text($v))"
        " : $type($all) = 'object' ? ($type($v) = 'string' ? $exists($lookup($all, $v)) : false)"
        " : true in $map($list($all), function($one) { $same($one, $v) }) }"
    ),
    "int": (
        "function($v, $default) { $type($v) = 'number' ? ($v < 0 ? $ceil($v) : $floor($v))"
        " : $type($v) = 'boolean' ? $plain($v) : $type($v) != 'string' ? $default"
        r" : ($contains($v, /[^ -~\s]|_/) ? $error($v & ' is not read as a number') : true;"
        rf" $g := $match($v, /^\s*([-+]?)([0-9]*)[.]?([0-9]*)((?:[eE][-+]?[0-9]+)?)\s*{END}/).groups;"
        " $exists($g) and $g[1] & $g[2] != ''"
        " ? ($n := $floor($number('0' & $g[1] & '.' & $g[2] & '0' & $g[3])); $g[0] = '-' ? -$n : $n )"
        " : $default) }"
    ),
    "json": (
        "function($v) { $type($v) = 'string' ? ($contains($v, /[^\\x00-\\x7f]/)"
        " ? $error('only ASCII text is written as JSON') : ($q := $string([$v]);"
        r" $q := $join($split($substring($q, 1, $length($q) - 2), '<'), '\\u003c');"
        r" $q := $join($split($q, '>'), '\\u003e'); $q := $join($split($q, '&'), '\\u0026');"
        r""" $join($split($q, "'"), '\\u0027') ) )"""
        " : $type($v) = 'number' ? $digits($v)"
        " : $type($v) = 'array' ? '[' & $join($map($v, function($one) { $json($one) }), ', ') & ']'"
        " : $type($v) = 'object' ? '{' & $join($map($sort($keys($v)), function($k)"
        " { $json($k) & ': ' & $json($lookup($v, $k)) }), ', ') & '}' : $string($v) }"
    ),
    "zfill": (
        "function($s, $n) { $contains($s, /^[-+]/)"
        " ? $substring($s, 0, 1) & $pad($substring($s, 1), 1 - $n, '0') : $pad($s, -$n, '0') }"
    ),
    # Jinja's native rendering reads texts as Python literals where it can (ast.literal_eval).
    "native": (
        "function($v) { $type($v) != 'string' ? $v"
        " : $v = 'True' ? true : $v = 'False' ? false : $v = 'None' ? null"
        rf" : $contains($v, /^-?((0|[1-9][0-9]{{0,14}})|[0-9]{{1,8}}[.][0-9]{{1,7}}){END}/) ? $number($v)"
        rf" : $contains($v, /{_NO_LITERAL}/) ? $v : $contains($v, /{_PERHAPS_A_LITERAL}/)"
        " ? $error($v & ' may be a Python literal: use int, or leave the text without quotes') : $v }"
    ),
    # More would leave the years that Python knows, and gives no date in JSONata.
    "days": (
        "function($n) { $abs($whole($n)) < 700000 ? $n : $error($n & ' days are too many to add to a date') }"
    ),
    # Moments: see operands.Kind.
    "shift": (
        "function($d, $seconds) { $substring($fromMillis($toMillis($substring($d, 0, 19) & 'Z')"
        " + $seconds * 1000), 0, 19) & $substring($d, 19) }"
    ),
    "valid": (
        "function($d) { $substring($fromMillis($toMillis($substring($d, 0, 19) & 'Z')), 0, 19)"
        " = $substring($d, 0, 19) ? $d : $error($d & ' is no date') }"
    ),
    "month_days": (
        "function($d) { ($y := $number($substring($d, 0, 4)); $m := $number($substring($d, 5, 2));"
        " $m = 2 ? ($y % 4 = 0 and ($y % 100 != 0 or $y % 400 = 0) ? 29 : 28)"
        " : $m in [4, 6, 9, 11] ? 30 : 31) }"
    ),
    "add_months": (
        "function($d, $n) {"
        " ($m := $number($substring($d, 0, 4)) * 12 + $number($substring($d, 5, 2)) - 1 + $n;"
        " $first := $pad($string($floor($m / 12)), -4, '0') & '-' & $pad($string($m % 12 + 1), -2, '0');"
        " $day := $min([$number($substring($d, 8, 2)), $month_days($first)]);"
        " $first & '-' & $pad($string($day), -2, '0') & $substring($d, 10)) }"
    ),
    "day_number": "function($d) { $toMillis($substring($d, 0, 10) & 'T00:00:00Z') / 86400000 }",
    "weekday": "function($d) { (($day_number($d) + 3) % 7 + 7) % 7 }",
    "year_day": "function($d) { $day_number($d) - $day_number($substring($d, 0, 4) & '-01-01') + 1 }",
    "micros": "function($d) { $substring($d, 19, 1) = '.' ? $substring($d, 20, 6) : '000000' }",
    "parsed": (
        "function($given, $groups, $places) { ($exists($groups) ? true"
        " : $error($given & ' is not of the given format');"
        " $part := function($i, $else) { $places[$i] < 0 ? $else : $number($groups[$places[$i]]) };"
        " $two := function($n) { $pad($string($n), -2, '0') };"
        " $valid($pad($string($part(0, 1900)), -4, '0') & '-' & $two($part(1, 1)) & '-' & $two($part(2, 1))"
        " & 'T' & $two($part(3, 0)) & ':' & $two($part(4, 0)) & ':' & $two($part(5, 0)))) }"
    ),
}

_CALL = re.compile(r"\$(" + "|".join(_FUNCTIONS) + r")\b")


def with_definitions(text: str) -> str:
    """Return an expression with the definitions of the functions here that it calls."""
    needed: set[str] = set()
    found = set(_CALL.findall(text))
    while found:
        needed |= found
        found = {name for known in found for name in _CALL.findall(_FUNCTIONS[known])} - needed
    if not needed:
        return text
    definitions = (f"${name} := {source}" for name, source in _FUNCTIONS.items() if name in needed)
    return f"( {'; '.join((*definitions, text))} )"
