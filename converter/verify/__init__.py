"""Machines put to the test: run on the virtual clock, against a simulated AWS and scripted tasks."""

from converter.verify.simulated_aws import SimulatedAws, Try

__all__ = ["SimulatedAws", "Try"]
