"""ResultWriter: the results of a Map Run, formatted, and as files in S3 through the execution's backend.

The files and their names follow "ResultWriter (Map)", Step Functions Developer Guide.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from converter.engine.data import Data, compact_json
from converter.engine.definition import ResultWriter
from converter.engine.failures import StateFailure
from converter.engine.runtime import context_time
from converter.engine.tasks import Json
from converter.engine.visit import Visit

if TYPE_CHECKING:
    from converter.engine.distributed_map import ChildExecution


async def write_results(
    visit: Visit, writer: ResultWriter, run_arn: str, run_id: str, children: Sequence[ChildExecution]
) -> Data:
    """Write the files and return the Map's result, which says where the manifest is; or the results.

    Raises ``StateFailure`` (``States.ResultWriterFailed``) where S3 refuses.
    """
    if not writer.resource:
        return Data(_formatted(writer, children))
    value = visit.evaluate(writer.arguments)
    arguments = value if isinstance(value, dict) else {}
    bucket, prefix = (arguments.get(name, "") for name in ("Bucket", "Prefix"))
    if not (isinstance(bucket, str) and isinstance(prefix, str)):
        raise StateFailure("States.ResultWriterFailed", "Bucket and Prefix must be strings")
    folder = f"{prefix.rstrip('/')}/{run_id}" if prefix else run_id

    async def put(name: str, text: str) -> dict[str, Json]:
        request = {"Bucket": bucket, "Key": f"{folder}/{name}", "Body": text}
        await visit.call_service("s3:putObject", request, failing_as="States.ResultWriterFailed")
        return {"Key": request["Key"], "Size": len(text.encode())}

    files: dict[str, list[Json]] = {"FAILED": [], "PENDING": [], "SUCCEEDED": []}
    kind = "jsonl" if writer.lines else "json"
    for status in ("SUCCEEDED", "FAILED"):
        ended = [child for child in children if (child.failure is None) == (status != "FAILED")]
        if ended:
            results = _formatted(writer, ended)
            lines = "\n".join(map(compact_json, results))
            text = lines if writer.lines else compact_json(results)
            files[status].append(await put(f"{status}_0.{kind}", text))
    manifest = {"DestinationBucket": bucket, "MapRunArn": run_arn, "ResultFiles": files}
    written = await put("manifest.json", compact_json(manifest))
    details = {"Bucket": bucket, "Key": written["Key"]}
    return Data({"MapRunArn": run_arn, "ResultWriterDetails": details})


def _formatted(writer: ResultWriter, children: Sequence[ChildExecution]) -> list[Json]:
    """Return the results as the writer is told to give them; a failed execution's stays as it is."""
    results: list[Json] = []
    for child in children:
        if writer.transformation == "NONE" or child.output is None:
            results.append(_entry(child, "SUCCEEDED" if child.failure is None else "FAILED"))
        elif writer.transformation == "FLATTEN" and isinstance(child.output.value, list):
            results += child.output.value
        else:
            results.append(child.output.value)
    return results


def _entry(child: ChildExecution, status: str) -> dict[str, Json]:
    entry: dict[str, Json] = {
        "ExecutionArn": child.arn,
        "Input": child.input.text,
        "InputDetails": {"Included": True},
        "Name": child.name,
        "StartDate": context_time(child.started),
        "StateMachineArn": child.machine_arn,
        "Status": status,
        "StopDate": context_time(child.stopped or child.started),
    }
    if child.output is not None:
        entry["Output"] = child.output.text
        entry["OutputDetails"] = {"Included": True}
    if child.failure is not None:
        entry["Error"] = child.failure.error
        entry["Cause"] = child.failure.cause
    return entry
