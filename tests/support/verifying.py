"""Workflows for tests, converted and verified."""

from __future__ import annotations

from collections.abc import Iterable

from converter.asl.budget import LIMITS, Limits
from converter.asl.options import Options
from converter.pipeline import Conversion, convert
from converter.verify.verification import Verification, Verifier
from converter.workflow import Workflow

#: The deadline lies behind every scenario, also of forty tasks, or of sensors, one after another.
OPTIONS = Options(poll_interval=30, await_deadline=28 * 24 * 3600, resumable=False)


def verifier_of(flow: Workflow, options: Options = OPTIONS, limits: Limits = LIMITS) -> Verifier:
    return verifier_of_conversion(convert(flow, options, limits=limits))


def verifier_of_conversion(conversion: Conversion) -> Verifier:
    assert conversion.plan, [str(item) for item in conversion.diagnostics]
    assert conversion.machine, [str(item) for item in conversion.diagnostics]
    codes = frozenset(item.code for item in conversion.diagnostics)
    return Verifier(conversion.workflow, conversion.plan, conversion.machine, codes)


def verified(
    flow: Workflow, seeds: Iterable[int], options: Options = OPTIONS, limits: Limits = LIMITS
) -> Verification:
    return verifier_of(flow, options, limits).verify(seeds)
