"""Crawls of Glue crawlers. The crawler is moto's; its description or configuration says seconds and outcome.

It is ready again whatever the crawl came to: ``LastCrawl`` tells.
"""

from __future__ import annotations

from typing import Any
from uuid import uuid4

from converter.local.integrations.jobs.kinds import Answer, JobDesk, JobError, JobKind, Request
from converter.local.integrations.jobs.model import Job, Phase

_LAST_CRAWL = {
    Phase.SUCCEEDED: "SUCCEEDED",
    Phase.FAILED: "FAILED",
    Phase.TIMED_OUT: "FAILED",
    Phase.STOPPED: "CANCELLED",
}


def _identify(desk: JobDesk, request: Request) -> tuple[str, str]:
    identity = str(uuid4())
    return identity, identity  # crawls have no ARN


def _definition(desk: JobDesk, request: Request) -> Any:
    crawler = desk.backend.get_crawler(request["Name"])  # raises Glue's error for an unknown one
    return [crawler.configuration, crawler.description]


def _crawls(desk: JobDesk, name: str) -> list[Job]:
    return [job for job in desk.newest_first() if job.request["Name"] == name]


def _is_crawling(desk: JobDesk, name: str) -> bool:
    return any(not job.is_over(desk.now()) for job in _crawls(desk, name))


def _start(desk: JobDesk, request: Request) -> Answer:
    if _is_crawling(desk, request["Name"]):
        message = f"Crawler with name {request['Name']} has already started"
        raise JobError("CrawlerRunningException", message)
    desk.start(request)
    return {}


def _stop(desk: JobDesk, request: Request) -> Answer:
    desk.backend.get_crawler(request["Name"])
    if not _is_crawling(desk, request["Name"]):
        message = f"Crawler with name {request['Name']} isn't running"
        raise JobError("CrawlerNotRunningException", message)
    desk.stop(_crawls(desk, request["Name"])[0].id)
    return {}


def _shown(desk: JobDesk, crawler: Any) -> Answer:
    now = desk.now()
    described: Answer = crawler.as_dict()
    crawls = _crawls(desk, described["Name"])
    over = [job for job in crawls if job.is_over(now)]
    described["State"] = desk.state(crawls[0]) if crawls else "READY"
    if crawls and not crawls[0].is_over(now):
        elapsed = (now - crawls[0].created_on).total_seconds()
        described["CrawlElapsedTime"] = round(elapsed * 1000)
    if over:
        described["LastCrawl"] = _show(desk, over[0])
    return described


def _show(desk: JobDesk, job: Job) -> Answer:
    now = desk.now()
    problem = job.problem(now)
    return {
        "Status": _LAST_CRAWL[job.phase(now)],
        "StartTime": job.created_on,
        "LogGroup": "/aws-glue/crawlers",
        "LogStream": job.request["Name"],
        "MessagePrefix": job.id,
        **({"ErrorMessage": problem} if problem else {}),
    }


def _get(desk: JobDesk, request: Request) -> Answer:
    return {"Crawler": _shown(desk, desk.backend.get_crawler(request["Name"]))}


def _get_all(desk: JobDesk, request: Request) -> Answer:
    return {"Crawlers": [_shown(desk, crawler) for crawler in desk.backend.get_crawlers()]}


def _metrics(desk: JobDesk, request: Request) -> Answer:
    now = desk.now()
    shown = []
    for name in request.get("CrawlerNameList") or [crawler.name for crawler in desk.backend.get_crawlers()]:
        crawls = _crawls(desk, name)
        seconds = (min(now, crawls[0].ends_on) - crawls[0].created_on).total_seconds() if crawls else 0
        times = dict.fromkeys(("LastRuntimeSeconds", "MedianRuntimeSeconds"), seconds)
        counts = dict.fromkeys(("TablesCreated", "TablesUpdated", "TablesDeleted"), 0)
        shown.append({"CrawlerName": name, "StillEstimating": False, **times, **counts})
    return {"CrawlerMetricsList": shown}


CRAWL = JobKind(
    service="glue",
    name="crawl",
    # The states of the crawler: it is ready again however the crawl ended.
    states={phase: "READY" for phase in Phase} | {Phase.QUEUED: "RUNNING", Phase.RUNNING: "RUNNING"},
    identify=_identify,
    show=_show,
    operations={
        "StartCrawler": _start,
        "StopCrawler": _stop,
        "GetCrawler": _get,
        "GetCrawlers": _get_all,
        "GetCrawlerMetrics": _metrics,
    },
    refusal="InvalidInputException",
    unknown=("EntityNotFoundException", "Crawl {} not found"),
    definition=_definition,
)
