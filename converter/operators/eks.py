"""Amazon EKS: clusters, node groups, Fargate profiles."""

from __future__ import annotations

from typing import Any

from converter import diagnostics as d
from converter.expressions.jsonata import Expression, literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON
from converter.operators.registry import converts
from converter.operators.requests import (
    Pace,
    Request,
    arn,
    given,
    pace,
    pass_role,
    request,
    step_of,
    wait_for,
)
from converter.operators.step import Retrier, Step

_EKS = f"{AMAZON}.operators.eks"
#: Deletion is tried again while something else still uses the resource.
_IN_USE = Retrier(("Eks.ResourceInUseException",), 30, 20, 1.0, None, False)


@converts(f"{_EKS}.EksCreateClusterOperator")
def create_cluster(args: Arguments) -> Step:
    """A new cluster, and what it computes on: ``eks:createCluster``, with the waits between.

    Return value, as in Airflow: none. A cluster that does not become active stays, to be looked at.
    """
    cluster, role = args.take("cluster_name"), args.take("cluster_role_arn")
    network, compute = args.take_mapping("resources_vpc_config"), args.take("compute", "nodegroup")
    create = request(
        "eks:createCluster",
        {
            "name": cluster,
            "roleArn": role,
            "resourcesVpcConfig": network,
            **args.take_mapping("create_cluster_kwargs"),
        },
        on=arn("eks", "cluster/{}", cluster),
        also=(pass_role(role),),
    )
    waits, often = _waits(args), pace(args, 30, 40)
    groups = {name: args.take(name, default) for name, default in _COMPUTE.items()}
    more = {name: args.take_mapping(f"create_{name}_kwargs") for name in ("nodegroup", "fargate_profile")}
    args.set_aside("delete_nodegroup_on_failure")
    active = wait_for("eks:cluster_active", {"name": cluster}, on=arn("eks", "cluster/{}", cluster), **often)
    following: list[Request] = []
    rate = often if waits else None
    if compute == "nodegroup":
        name, role = groups["nodegroup_name"], groups["nodegroup_role_arn"]
        subnets = network.get("subnetIds") or []
        following = _nodegroup(cluster, name, subnets, role, more["nodegroup"], rate)
    elif compute == "fargate":
        name, role = groups["fargate_profile_name"], groups["fargate_pod_execution_role_arn"]
        selectors = groups["fargate_selectors"] or [{"namespace": "default"}]
        following = _profile(cluster, name, role, selectors, more["fargate_profile"], rate)
    elif compute:
        args.report(d.BAD_ARGUMENT, f"argument 'compute' is {compute!r}", "write 'nodegroup' or 'fargate'")
    return step_of(args, create, *([active] if compute or waits else []), *following)


#: What EksCreateClusterOperator is told of node groups and Fargate profiles, with its defaults.
_COMPUTE: dict[str, Any] = {
    "nodegroup_name": "nodegroup",
    "nodegroup_role_arn": None,
    "fargate_profile_name": "profile",
    "fargate_pod_execution_role_arn": None,
    "fargate_selectors": None,
}


@converts(f"{_EKS}.EksCreateNodegroupOperator")
def create_nodegroup(args: Arguments) -> Step:
    """A new node group: ``eks:createNodegroup``, with the wait until it is active where it waits.

    Return value, as in Airflow: none.
    """
    cluster, subnets = args.take("cluster_name"), args.take("nodegroup_subnets")
    if isinstance(subnets, Expression):
        # The text of a list, as XComs are rendered.
        text, quoted = subnets.text, f"$replace({subnets.text}, \"'\", '\"')"
        subnets = Expression(f"$type({text}) = 'string' ? $parse({quoted}) : {text}")
    waits, often = _waits(args), pace(args, 30, 80)
    args.set_aside("delete_nodegroup_on_failure")
    return step_of(
        args,
        *_nodegroup(
            cluster,
            args.take("nodegroup_name", "nodegroup"),
            subnets,
            args.take("nodegroup_role_arn"),
            args.take_mapping("create_nodegroup_kwargs"),
            often if waits else None,
        ),
    )


def _nodegroup(
    cluster: Any, name: Any, subnets: Any, role: Any, more: dict[str, Any], often: Pace | None
) -> list[Request]:
    arguments = {
        "clusterName": cluster,
        "nodegroupName": name,
        "subnets": subnets,
        "nodeRole": role,
        **more,
    }
    # The hook marks the group as the cluster's.
    owned = Expression(f"{{'kubernetes.io/cluster/' & {literal(cluster)}: 'owned'}}")
    tags = arguments.get("tags") or {}
    if isinstance(cluster, str):
        arguments["tags"] = {**tags, f"kubernetes.io/cluster/{cluster}": "owned"}
    else:
        arguments["tags"] = Expression(f"$merge([{literal(tags)}, {owned.text}])")
    create = request(
        "eks:createNodegroup", arguments, on=arn("eks", "cluster/{}", cluster), also=(pass_role(role),)
    )
    if often is None:
        return [create]
    asked = {"clusterName": cluster, "nodegroupName": name}
    where = arn("eks", "nodegroup/{}/{}/*", cluster, name)
    return [create, wait_for("eks:nodegroup_active", asked, on=where, **often)]


@converts(f"{_EKS}.EksCreateFargateProfileOperator")
def create_profile(args: Arguments) -> Step:
    """A new Fargate profile: ``eks:createFargateProfile``, with the wait until it is active where it waits.

    Return value, as in Airflow: none.
    """
    waits, often = _waits(args), pace(args, 10, 60)
    return step_of(
        args,
        *_profile(
            args.take("cluster_name"),
            args.take("fargate_profile_name", "profile"),
            args.take("pod_execution_role_arn"),
            args.take("selectors"),
            args.take_mapping("create_fargate_profile_kwargs"),
            often if waits else None,
        ),
    )


def _profile(
    cluster: Any, name: Any, role: Any, selectors: Any, more: dict[str, Any], often: Pace | None
) -> list[Request]:
    arguments = {
        "clusterName": cluster,
        "fargateProfileName": name,
        "podExecutionRoleArn": role,
        "selectors": selectors,
        **more,
    }
    where = arn("eks", "cluster/{}", cluster)
    create = request("eks:createFargateProfile", given(arguments), on=where, also=(pass_role(role),))
    if often is None:
        return [create]
    asked = {"clusterName": cluster, "fargateProfileName": name}
    profile = arn("eks", "fargateprofile/{}/{}/*", cluster, name)
    return [create, wait_for("eks:fargate_profile_active", asked, on=profile, **often)]


@converts(f"{_EKS}.EksDeleteClusterOperator")
def delete_cluster(args: Arguments) -> Step:
    """A cluster is deleted: ``eks:deleteCluster``, with the wait until it is gone where it waits.

    Return value, as in Airflow: none.
    """
    cluster = args.take("cluster_name")
    if args.take("force_delete_compute", False):
        problem = "force_delete_compute: which node groups and profiles there are, is not looked up"
        args.report(d.LOST_FEATURE, problem, "delete them in tasks of their own before")
    return _deleted(args, "Cluster", {"name": cluster}, "cluster_deleted", 40, "cluster/{}", cluster)


@converts(f"{_EKS}.EksDeleteNodegroupOperator")
def delete_nodegroup(args: Arguments) -> Step:
    """A node group is deleted: ``eks:deleteNodegroup``, with the wait until it is gone where it waits.

    Return value, as in Airflow: none.
    """
    cluster, name = args.take("cluster_name"), args.take("nodegroup_name")
    asked = {"clusterName": cluster, "nodegroupName": name}
    return _deleted(args, "Nodegroup", asked, "nodegroup_deleted", 40, "nodegroup/{}/{}/*", cluster, name)


@converts(f"{_EKS}.EksDeleteFargateProfileOperator")
def delete_profile(args: Arguments) -> Step:
    """A Fargate profile is deleted: ``eks:deleteFargateProfile``, with the wait for it where it waits.

    Return value, as in Airflow: none.
    """
    cluster, name = args.take("cluster_name"), args.take("fargate_profile_name")
    asked, path = {"clusterName": cluster, "fargateProfileName": name}, "fargateprofile/{}/{}/*"
    return _deleted(args, "FargateProfile", asked, "fargate_profile_deleted", 60, path, cluster, name)


def _deleted(
    args: Arguments, what: str, asked: dict[str, Any], waiter: str, attempts: int, path: str, *names: Any
) -> Step:
    where = arn("eks", path, *names)
    waits, often = _waits(args), pace(args, 30, attempts)
    delete = request(f"eks:delete{what}", asked, on=where).retried(_IN_USE)
    wait = wait_for(f"eks:{waiter}", asked, on=where, **often)
    return step_of(args, delete, *([wait] if waits else []))


def _waits(args: Arguments) -> bool:
    args.set_aside("region")
    return bool(args.take("wait_for_completion", False)) | bool(args.take("deferrable", False))
