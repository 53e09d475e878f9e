"""``dag2sfn.yaml``: what a team sets once, for all its DAGs, tasks and environments.

``model`` is what it says, ``keys`` which keys there are and what each means (docs/configuration.md is made of
them), ``kinds`` how a value is read; ``reading`` finds the file and reads it. ``overriding`` is what it makes
of a DAG, ``choosing`` of the options of a conversion.
"""

from converter.config.choosing import options_of_dags
from converter.config.model import (
    Config,
    DagConfig,
    Environment,
    Poll,
    Shadow,
    TaskConfig,
    TaskOverrides,
)
from converter.config.overriding import configured, jobs_of, mistakes_about, strange_names
from converter.config.reading import FILE_NAME, find_config, read_config

__all__ = [
    "FILE_NAME",
    "Config",
    "DagConfig",
    "Environment",
    "Poll",
    "Shadow",
    "TaskConfig",
    "TaskOverrides",
    "configured",
    "find_config",
    "jobs_of",
    "mistakes_about",
    "options_of_dags",
    "read_config",
    "strange_names",
]
