"""docs/configuration.md: what the configuration may hold, from the keys that are read."""

from __future__ import annotations

from collections.abc import Iterator

from converter.config.keys import CONFIG
from converter.config.kinds import Either, Key, Kind, Named, Section
from converter.config.starting_file import starting_file

_INTRODUCTION = """\
# Configuration

`dag2sfn.yaml` says once what a team would otherwise give to each command. `dag2sfn init` writes a first
one; `dag2sfn init dags` gives each DAG its place in it.

Commands read the `dag2sfn.yaml` of the working directory, or else the nearest in a directory above;
`--config FILE` names another (an empty file is a configuration that says nothing). A key that there is not,
and a value of another form, are refused with their line, all of them at once. Files that it names are
relative to itself.

**Who decides**: the option on the command line; its environment variable, where there is one; the file: the
awaited task, then its DAG, then what is said for all; the option's default. So `--poll-interval 2` holds
for all pollers, whatever the file says about single ones. A command without such an option
(`assess`, `verify`) takes what the file says, too.

**Environments**: `--environment NAME` puts what stands under `environments: NAME` in the place of what is
said for all; `airflow` and `mwaa` name one Airflow, so that either takes the place of both. Jobs and
arguments are overridden when a DAG is converted, so a bundle is of an environment: without `--out` it goes
to `build/NAME`. Give the same `--environment` to every later command. `deploy` refuses a bundle whose names
begin otherwise than the configuration says (D436), and commands about a DAG refuse credentials of another
account (D435). `show` and `stop` read no configuration: an execution's ARN says everything.

- `jobs` replaces the names of Glue jobs in Glue operators and sensors, where the DAG gives them as texts,
  also in lists that a task is expanded over (`expand`, `expand_kwargs`). A name that is a template, or that
  another task or a function gives, is not recognised: override the task's argument.
- `tasks: {DAG: {TASK: {arguments: …}}}` replaces arguments of the operator, by the operator's own names;
  mappings are merged key by key. Names that begin with `--` are arguments of the Glue job (`script_args`);
  where the DAG gives these as a template, override `script_args` as a whole. What a mapped task is
  expanded over cannot be overridden.
- A task that the DAG does not have is a mistake and stops the DAG's conversion (D432); a DAG or a job that
  a whole folder does not have is noted (D434).
- An environment that is to exist beside another in one account and region needs a `prefix` of its own.

**Prefix**: stacks and machines are found by their names, which follow from prefix and DAG id. After a
change of the prefix, DAGs are deployed anew beside what was there; undeploy the old ones first, with the
old prefix. DAGs that start each other (TriggerDagRun) need one prefix. In Airflow,
`StepFunctionsDagOperator(prefix=…)` and, for the pages, `[dag2sfn] prefix` say the same; a companion file
knows it.

**Correlation**: by `argument` a run of a Glue job is recognised with certainty, by a `window` a run by
anybody else in it is taken for the task's own (D302 says so). Choose it for the tasks whose jobs take no
other argument, not for all.

**Parameters** are applied with each `deploy`, `--set` before them, and stay set on the stack if they are
taken out of the file.

"""


def configuration_page() -> str:
    """Return docs/configuration.md."""
    rows = "\n".join(_rows("", CONFIG))
    return (
        f"{_INTRODUCTION}## A first file\n\n```yaml\n{starting_file()}```\n\n"
        f"## Keys\n\n| key | value | meaning | option |\n| --- | --- | --- | --- |\n{rows}\n"
    )


def _rows(where: str, section: Section) -> Iterator[str]:
    for key in section.keys:
        yield _row(where, key)
        for inside, kind in _inside(f"{where}{key.name}", key.kind):
            yield from _rows(f"{inside}.", kind)


def _inside(where: str, kind: Kind) -> Iterator[tuple[str, Section]]:
    """Yield the sections below a key, with where they stand."""
    if isinstance(kind, Section):
        yield where, kind
    elif isinstance(kind, Either):
        yield where, kind.long
    elif isinstance(kind, Named):
        yield from _inside(f"{where}.{kind.of.upper().replace(' ', '_')}", kind.kind)


def _row(where: str, key: Key) -> str:
    option = f"`{key.option}`" if key.option else ""
    return f"| `{where}{key.name}` | {key.kind.form.replace('|', '&#124;')} | {key.meaning} | {option} |"
