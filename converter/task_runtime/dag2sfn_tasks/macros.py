"""``macros`` of templates, and ``airflow.macros``."""

import json
import random as _random
import time
import uuid
from datetime import datetime, timedelta

__all__ = ["datetime", "ds_add", "ds_format", "json", "random", "time", "timedelta", "uuid"]

random = _random.random


def ds_add(ds: str, days: int) -> str:
    """Return a date (YYYY-MM-DD) some days later, or, with a negative number, earlier."""
    return (datetime.strptime(str(ds), "%Y-%m-%d") + timedelta(days=days)).strftime("%Y-%m-%d")


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """Return a date in another form; forms as for strftime."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)
