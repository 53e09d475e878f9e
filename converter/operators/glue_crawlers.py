"""AWS Glue besides its jobs: crawlers, DataBrew, data quality, the catalog."""

from __future__ import annotations

from typing import Any

from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments, Later
from converter.operators.declared import AMAZON, Wait, operator
from converter.operators.registry import converts
from converter.operators.requests import (
    Request,
    arn,
    pass_role,
    request,
    step_of,
    wait_for,
    waits_for_it,
)
from converter.operators.step import Step

_CRAWLER = f"{AMAZON}.operators.glue_crawler"
_GLUE = f"{AMAZON}.operators.glue"
_BUSY = "CrawlerRunningException"

for _verb, _doc in (("Create", "A new crawler"), ("Update", "A crawler is changed")):
    operator(
        f"operators.glue_crawler.GlueCrawler{_verb}Operator",
        f"{_doc}: ``glue:{_verb.lower()}Crawler``.\n\nReturn value, as in Airflow: its name.",
        f"glue:{_verb.lower()}Crawler",
        "",
        merged="config",
        on="crawler/{}",
        named="Name",
        roles="Role",
        returns="Name",
    )

operator(
    "operators.glue_crawler.GlueCrawlerDeleteOperator",
    """A crawler is deleted: ``glue:deleteCrawler``. Return value, as in Airflow: none.""",
    "glue:deleteCrawler",
    "Name=crawler_name",
    on="crawler/{}",
    named="Name",
)


@converts(f"{_CRAWLER}.GlueCrawlerRunOperator")
def run_crawler(args: Arguments) -> Step:
    """A crawler runs: ``glue:startCrawler``, and the wait for its end.

    Return value, as in Airflow: its name.
    """
    name = args.take("crawler_name")
    return step_of(args, *_run(args, name), output=literal(name))


@converts(f"{_CRAWLER}.GlueCrawlerOperator")
def crawler(args: Arguments) -> Step:
    """A crawler is made, or changed if it is there, and runs: with the wait for its end.

    Return value, as in Airflow: its name. Tags are set when it is made, and not changed later.
    """
    config = args.take_mapping("config")
    name = config.get("Name")
    args.set_aside("crawler_name")  # the operator's own constructor hands it to its parent's
    where = arn("glue", "crawler/{}", name)
    role = (pass_role(config.get("Role")),)
    changed = {key: value for key, value in config.items() if key != "Tags"}
    busy = () if args.task.arguments.get("fail_on_already_running", True) else (_BUSY,)
    before: list[Request] = []
    # Without a role and targets no crawler can be made: it is one that is there.
    is_whole = isinstance(config, Later) or {"Role", "Targets"} <= config.keys()
    if is_whole:
        create = request(
            "glue:createCrawler",
            config,
            on=where,
            also=role,
            fine=("AlreadyExistsException",),
            keeps={"made": "true"},
        )
        before.append(create.keeping("made", False))
    if is_whole or len(changed) > 1:
        when = "$not($made)" if is_whole else None
        before.append(request("glue:updateCrawler", changed, on=where, also=role, when=when, fine=busy))
    return step_of(args, *before, *_run(args, name), output=literal(name))


def _run(args: Arguments, name: Any) -> list[Request]:
    where = arn("glue", "crawler/{}", name)
    fails = args.take("fail_on_already_running", True)
    start = request("glue:startCrawler", {"Name": name}, on=where, fine=() if fails else (_BUSY,))
    interval = args.take_number("poll_interval", 5)
    waits = waits_for_it(args, default=True)
    return [
        start,
        *([wait_for("glue:crawler_ready", {"Name": name}, on=where, delay=interval)] if waits else []),
    ]


operator(
    "operators.glue_databrew.GlueDataBrewStartJobOperator",
    """A DataBrew job runs: ``databrew:startJobRun``, and the wait for its end.

    Return value, as in Airflow: ``{"run_id": …}``.
    """,
    "databrew:startJobRun",
    "Name=job_name",
    on="job/{}",
    named="Name",
    keeps={"run": "{'run_id': $states.result.RunId}", "id": "$states.result.RunId"},
    wait=Wait("databrew:job_complete", {"Name": "Name", "RunId": "$id"}),
    output="$run",
    ignored="delay",
)


@converts(f"{_GLUE}.GlueDataQualityOperator")
def ruleset(args: Arguments) -> Step:
    """A ruleset is made or changed: ``glue:createDataQualityRuleset``. Return value, as in Airflow: none."""
    name, rules = args.take("name"), args.take("ruleset")
    default = "AWS Glue Data Quality Rule Set With Airflow"
    verb = "update" if args.take("update_rule_set", False) else "create"
    arguments = {
        "Name": name,
        "Ruleset": rules.strip() if isinstance(rules, str) else rules,
        "Description": args.take("description", default),
        **args.take_mapping("data_quality_ruleset_kwargs"),
    }
    where = arn("glue", "dataQualityRuleset/{}", name)
    return step_of(args, request(f"glue:{verb}DataQualityRuleset", arguments, on=where))


@converts(f"{_GLUE}.GlueDataQualityRuleSetEvaluationRunOperator")
def evaluate(args: Arguments) -> Step:
    """Rulesets are evaluated: ``glue:startDataQualityRulesetEvaluationRun``, and the wait for the end.

    Return value, as in Airflow: the run's id. With ``verify_result_status`` a rule that failed fails the
    task.
    """
    role = args.take("role")
    arguments = {
        "DataSource": args.take("datasource"),
        "Role": role,
        "NumberOfWorkers": args.take("number_of_workers", 5),
        "Timeout": args.take("timeout", 2880),
        "RulesetNames": args.take("rule_set_names"),
        **args.take_mapping("rule_set_evaluation_run_kwargs"),
    }
    args.set_aside("show_results")
    verify = args.take("verify_result_status", True)
    run = request(
        "glue:startDataQualityRulesetEvaluationRun",
        arguments,
        keeps={"id": "$states.result.RunId"},
        also=(pass_role(role),),
    )
    return _quality(args, run, "data_quality_ruleset_evaluation_run_complete", verify=bool(verify))


@converts(f"{_GLUE}.GlueDataQualityRuleRecommendationRunOperator")
def recommend(args: Arguments) -> Step:
    """Rules are recommended: ``glue:startDataQualityRuleRecommendationRun``, and the wait for the end.

    Return value, as in Airflow: the run's id.
    """
    role = args.take("role")
    arguments = {
        "DataSource": args.take("datasource"),
        "Role": role,
        "NumberOfWorkers": args.take("number_of_workers", 5),
        "Timeout": args.take("timeout", 2880),
        **args.take_mapping("recommendation_run_kwargs"),
    }
    args.set_aside("show_results")
    run = request(
        "glue:startDataQualityRuleRecommendationRun",
        arguments,
        keeps={"id": "$states.result.RunId"},
        also=(pass_role(role),),
    )
    return _quality(args, run, "data_quality_rule_recommendation_run_complete", verify=False)


def _quality(args: Arguments, run: Request, waiter: str, *, verify: bool) -> Step:
    waits = waits_for_it(args, default=True)
    delay, attempts = args.take_number("waiter_delay", 60), args.take_number("waiter_max_attempts", 20)
    results = {"results": "[$states.result.ResultIds]"} if verify else None
    asked = {"RunId": Expression("$id")}
    wait = wait_for(f"glue:{waiter}", asked, delay=delay, attempts=attempts, keeps=results)
    failed = "$count($states.result.Results.RuleResults[Result in ['FAIL', 'ERROR']])"
    check = request(
        "glue:batchGetDataQualityResult",
        {"ResultIds": Expression("$results")},
        keeps={"failed": f"{failed} > 0 ? $error('one or more rules failed') : 0"},
    )
    parts = [wait, *([check] if verify else [])] if waits else []
    return step_of(args, run, *parts, output="$id")
