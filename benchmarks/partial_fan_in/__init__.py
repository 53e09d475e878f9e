"""One DAG, three ways: a barrier, the original pattern written by hand, and what the converter makes.

``python -m benchmarks.partial_fan_in`` (or ``make demo``) runs all of them on the local AWS.
"""
