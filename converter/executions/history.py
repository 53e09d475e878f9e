"""Reads the history of an execution from AWS: all of it once, then only what is new."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from mypy_boto3_stepfunctions import SFNClient

#: The largest page of GetExecutionHistory (AWS documentation).
_LARGEST_PAGE = 1000
#: Enough for what happens between two looks, little enough to be asked for again and again.
_NEWEST_PAGE = 100

Event = Mapping[str, Any]
"""An event as GetExecutionHistory returns it."""


def new_events(client: SFNClient, execution_arn: str, known: int) -> Iterator[Event]:
    """Yield the events after the first ``known`` ones, in order; events are numbered from 1 without gaps.

    The first time, pages are read from the oldest event on, one at a time. Later, they are read from the
    newest event back to the known ones, so that a look at a long history costs one small page. (The token
    behind its last page is not given out until there is another page, so a reader cannot simply go on.)
    """
    if known == 0:
        for page in _pages(client, execution_arn, _LARGEST_PAGE, newest_first=False):
            yield from page
        return
    found: dict[int, Event] = {}
    for page in _pages(client, execution_arn, _NEWEST_PAGE, newest_first=True):
        # By id: events that are added while pages are read may push others into a second page.
        found |= {event["id"]: event for event in page}
        if any(event["id"] <= known for event in page):
            break
    while known + 1 in found:
        known += 1
        yield found[known]


def _pages(client: SFNClient, execution_arn: str, size: int, *, newest_first: bool) -> Iterator[list[Event]]:
    token: dict[str, Any] = {}
    while True:
        answer = client.get_execution_history(
            executionArn=execution_arn,
            maxResults=size,
            reverseOrder=newest_first,
            includeExecutionData=True,
            **token,
        )
        yield list(answer["events"])
        if not answer.get("nextToken"):
            return
        token = {"nextToken": answer["nextToken"]}
