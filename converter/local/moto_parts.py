"""The one place where moto's services are replaced by ours, and put back.

moto looks its services up in registries: backend classes in ``BackendDict.backend``, CloudFormation types in
a model map, the class of a stack's resources in a module. Nothing of moto is edited; its registries point to
subclasses while a local AWS runs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

import moto.cloudformation.models as cloudformation_models
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import get_model_map
from moto.core.base_backend import BackendDict
from moto.glue.models import glue_backends
from moto.scheduler.models import scheduler_backends
from moto.stepfunctions.models import stepfunctions_backends

from converter.local.clients import Clients
from converter.local.cloudformation import LocalCloudFormation
from converter.local.executions import Executions
from converter.local.glue import LocalGlue
from converter.local.integrations.jobs.services import BACKENDS as JOB_BACKENDS
from converter.local.integrations.jobs.services import with_jobs
from converter.local.lambda_runtime import LambdaRuntime
from converter.local.lambda_service import LocalLambda
from converter.local.scheduling.backend import LocalScheduler
from converter.local.scheduling.timers import Timers
from converter.local.stack_map import LocalResourceMap
from converter.local.stack_resources import TYPES
from converter.local.stepfunctions import LocalStepFunctions


@dataclass(frozen=True)
class Parts:
    """What our services need that lives outside moto."""

    executions: Executions
    runtime: LambdaRuntime
    clients: Clients
    timers: Timers


@contextmanager
def installed(parts: Parts) -> Iterator[None]:
    """While this lasts, moto serves our services in place of its own. It starts empty."""
    replacements: dict[BackendDict, Callable[..., object]] = {
        stepfunctions_backends: partial(LocalStepFunctions, executions=parts.executions),
        lambda_backends: partial(LocalLambda, runtime=parts.runtime),
        glue_backends: LocalGlue,
        cloudformation_backends: LocalCloudFormation,
        scheduler_backends: partial(LocalScheduler, timers=parts.timers),
    }
    for service, registry in JOB_BACKENDS.items():
        replacements[registry] = with_jobs(service, replacements.get(registry, registry.backend))
    originals = {registry: registry.backend for registry in replacements}
    models = get_model_map()
    original_models = {name: models.get(name) for name in TYPES}
    original_map = cloudformation_models.ResourceMap
    BackendDict.reset()
    try:
        for registry, backend in replacements.items():
            registry.backend = backend
        models.update(TYPES)
        cloudformation_models.ResourceMap = partial(LocalResourceMap, clients=parts.clients)
        yield
    finally:
        BackendDict.reset()
        for registry, backend in originals.items():
            registry.backend = backend
        for name, model in original_models.items():
            if model is None:
                models.pop(name)
            else:
                models[name] = model
        cloudformation_models.ResourceMap = original_map


def forget_everything() -> None:
    """Empty all services, as moto's own reset does."""
    BackendDict.reset()
