"""``dag2sfn.yaml``: what a team sets once, for all its DAGs, tasks and environments.

``model`` is what it says, ``keys`` which keys there are and what each means (docs/configuration.md is made of
them), ``kinds`` how a value is read, ``reading`` finds the file and reads it.
"""

from converter.config.model import (
    Config,
    Correlation,
    DagConfig,
    Environment,
    Poll,
    Shadow,
    TaskConfig,
    TaskOverrides,
)
from converter.config.reading import FILE_NAME, find_config, read_config

__all__ = [
    "FILE_NAME",
    "Config",
    "Correlation",
    "DagConfig",
    "Environment",
    "Poll",
    "Shadow",
    "TaskConfig",
    "TaskOverrides",
    "find_config",
    "read_config",
]
