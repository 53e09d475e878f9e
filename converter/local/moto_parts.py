"""The one place where moto's services are replaced by ours, and put back.

moto looks its services up in registries: backend classes in ``BackendDict.backend``, CloudFormation types in
a model map, the class of a stack's resources in a module. Nothing of moto is edited; its registries point to
subclasses while a local AWS runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import moto.cloudformation.models as cloudformation_models
from moto.awslambda.models import lambda_backends
from moto.cloudformation.models import cloudformation_backends
from moto.cloudformation.parsing import get_model_map
from moto.core.base_backend import BackendDict
from moto.glue.models import glue_backends
from moto.stepfunctions.models import stepfunctions_backends

from converter.local.cloudformation import LocalCloudFormation, LocalResourceMap
from converter.local.executions import Executions
from converter.local.glue import LocalGlue
from converter.local.lambda_runtime import LambdaRuntime
from converter.local.lambda_service import LocalLambda
from converter.local.resources import RESOURCES
from converter.local.stepfunctions import LocalStepFunctions


@contextmanager
def installed(executions: Executions, runtime: LambdaRuntime) -> Iterator[None]:
    """While this lasts, moto serves our Step Functions, Lambda, Glue and CloudFormation. It starts empty."""
    replacements = {
        stepfunctions_backends: partial(LocalStepFunctions, executions=executions),
        lambda_backends: partial(LocalLambda, runtime=runtime),
        glue_backends: LocalGlue,
        cloudformation_backends: LocalCloudFormation,
    }
    originals = {registry: registry.backend for registry in replacements}
    models = get_model_map()
    original_models = {name: models.get(name) for name in RESOURCES}
    original_map = cloudformation_models.ResourceMap
    BackendDict.reset()
    try:
        for registry, backend in replacements.items():
            registry.backend = backend
        models.update(RESOURCES)
        cloudformation_models.ResourceMap = LocalResourceMap
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
