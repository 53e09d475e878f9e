"""Amazon S3 Tables, S3 Vectors, Glacier and ECR: places where things are kept."""

from __future__ import annotations

from typing import Any

from converter.expressions.jsonata import literal
from converter.operators.arguments import Arguments
from converter.operators.declared import AMAZON, operator
from converter.operators.registry import converts
from converter.operators.requests import request, step_of
from converter.operators.step import Step

# --- S3 Tables ----------------------------------------------------------------------------------------------

_TABLES = "operators.s3_tables.S3Tables"
_BUCKET = "tableBucketARN=table_bucket_arn"
_TABLE = f"{_BUCKET} namespace name=table_name"
_NONE = "Return value, as in Airflow: none."

operator(
    f"{_TABLES}CreateTableOperator",
    """A new table: ``s3tables:createTable``. Return value, as in Airflow: its ARN.""",
    "s3tables:createTable",
    f"{_TABLE} format metadata",
    defaults={"format": "ICEBERG"},
    keeps={"arn": "$states.result.TableARN"},
    output="$arn",
)
for _name, _action, _members, _does in (
    ("DeleteTable", "deleteTable", f"{_TABLE} versionToken=version_token", "A table is deleted"),
    (
        "RenameTable",
        "renameTable",
        f"{_TABLE} newName=new_name newNamespaceName=new_namespace_name versionToken=version_token",
        "A table is renamed",
    ),
    ("DeleteNamespace", "deleteNamespace", f"{_BUCKET} namespace", "A namespace is deleted"),
    ("DeleteTableBucket", "deleteTableBucket", _BUCKET, "A table bucket is deleted"),
    ("DeleteTableBucketPolicy", "deleteTableBucketPolicy", _BUCKET, "A table bucket's policy is deleted"),
    (
        "PutTableBucketPolicy",
        "putTableBucketPolicy",
        f"{_BUCKET} resourcePolicy=resource_policy",
        "A table bucket gets a policy",
    ),
):
    operator(
        f"{_TABLES}{_name}Operator",
        f"{_does}: ``s3tables:{_action}``. {_NONE}",
        f"s3tables:{_action}",
        _members,
    )


@converts(f"{AMAZON}.{_TABLES}CreateNamespaceOperator")
def create_namespace(args: Arguments) -> Step:
    """A new namespace of a table bucket: ``s3tables:createNamespace``.

    Return value, as in Airflow: its name.
    """
    namespace = args.take("namespace")
    skips = args.take("if_exists", "skip") == "skip"
    arguments = {"tableBucketARN": args.take("table_bucket_arn"), "namespace": [namespace]}
    made = request("s3tables:createNamespace", arguments, fine=("ConflictException",) if skips else ())
    return step_of(args, made, output=literal(namespace))


@converts(f"{AMAZON}.{_TABLES}CreateTableBucketOperator")
def create_table_bucket(args: Arguments) -> Step:
    """A new table bucket: ``s3tables:createTableBucket``; with ``if_exists="skip"`` the one of that name.

    Return value, as in Airflow: its ARN.
    """
    name = args.take("table_bucket_name")
    arguments = {
        "name": name,
        "encryptionConfiguration": args.take("encryption_configuration"),
        "tags": args.take("tags"),
    }
    keeps = {"arn": "$states.result.Arn"}
    if args.take("if_exists", "skip") != "skip":
        return step_of(args, request("s3tables:createTableBucket", arguments, keeps=keeps), output="$arn")
    made = request("s3tables:createTableBucket", arguments, keeps=keeps, fine=("ConflictException",))
    found = f"$states.result.TableBuckets[Name = {literal(name)}].Arn"
    asked = {"prefix": name}
    look = request("s3tables:listTableBuckets", asked, when="$arn = ''", keeps={"arn": found})
    return step_of(args, made.keeping("arn", ""), look, output="$arn")


# --- S3 Vectors ---------------------------------------------------------------------------------------------

_VECTORS = "operators.s3_vectors.S3Vectors"
_INDEX = "vectorBucketName=vector_bucket_name indexName=index_name"

for _name, _action, _members, _does in (
    (
        "DeleteVectorBucket",
        "deleteVectorBucket",
        "vectorBucketName=vector_bucket_name",
        "A vector bucket is deleted",
    ),
    ("DeleteIndex", "deleteIndex", _INDEX, "A vector index is deleted"),
    ("PutVectors", "putVectors", f"{_INDEX} vectors", "Vectors go into an index"),
):
    operator(
        f"{_VECTORS}{_name}Operator",
        f"{_does}: ``s3vectors:{_action}``. {_NONE}",
        f"s3vectors:{_action}",
        _members,
    )
operator(
    f"{_VECTORS}QueryVectorsOperator",
    """Vectors are looked for: ``s3vectors:queryVectors``.

    Return value: the vectors found, with names as Step Functions writes them.
    """,
    "s3vectors:queryVectors",
    f"{_INDEX} topK=top_k queryVector=query_vector filter returnMetadata=return_metadata "
    "returnDistance=return_distance",
    defaults={"return_metadata": True, "return_distance": True},
    keeps={"vectors": "[$states.result.Vectors]"},
    output="$vectors",
    differs="vectors with names as Step Functions writes them",
)


@converts(f"{AMAZON}.{_VECTORS}CreateVectorBucketOperator")
def create_vector_bucket(args: Arguments) -> Step:
    """A new vector bucket: ``s3vectors:createVectorBucket``; with ``if_exists="skip"`` the one there is.

    Return value, as in Airflow: its ARN.
    """
    name = args.take("vector_bucket_name")
    arguments = {
        "vectorBucketName": name,
        "encryptionConfiguration": args.take("encryption_configuration"),
        "tags": args.take("tags"),
    }
    return _made_or_there(
        args, "VectorBucket", arguments, {"vectorBucketName": name}, "VectorBucket.VectorBucketArn"
    )


@converts(f"{AMAZON}.{_VECTORS}CreateIndexOperator")
def create_index(args: Arguments) -> Step:
    """A new vector index: ``s3vectors:createIndex``; with ``if_exists="skip"`` the one there is.

    Return value, as in Airflow: its ARN.
    """
    names = {"vectorBucketName": args.take("vector_bucket_name"), "indexName": args.take("index_name")}
    arguments = {
        **names,
        "dataType": args.take("data_type"),
        "dimension": args.take("dimension"),
        "distanceMetric": args.take("distance_metric", "cosine"),
        "metadataConfiguration": args.take("metadata_configuration"),
    }
    return _made_or_there(args, "Index", arguments, names, "Index.IndexArn")


def _made_or_there(
    args: Arguments, what: str, arguments: dict[str, object], names: dict[str, object], path: str
) -> Step:
    """Make something, and look up its ARN, whether it was made or was there."""
    skips = args.take("if_exists", "skip") == "skip"
    fine = ("ConflictException",) if skips else ()
    made = request(f"s3vectors:create{what}", arguments, fine=fine)
    look = request(f"s3vectors:get{what}", names, keeps={"arn": f"$states.result.{path}"})
    return step_of(args, made, look, output="$arn")


# --- Glacier ------------------------------------------------------------------------------------------------

operator(
    "operators.glacier.GlacierCreateJobOperator",
    """An inventory of a vault is asked for: ``glacier:initiateJob``.

    Return value: the answer, with JobId; names as Step Functions writes them.
    """,
    "glacier:initiateJob",
    "vaultName=vault_name accountId=account_id jobParameters=job_parameters",
    defaults={"account_id": "-", "job_parameters": {"Type": "inventory-retrieval"}},
    keeps={"answer": "$states.result"},
    output="$answer",
    differs="the answer with names as Step Functions writes them",
)
operator(
    "operators.glacier.GlacierUploadArchiveOperator",
    """A text goes into a vault: ``glacier:uploadArchive``.

    Return value: the answer, with ArchiveId; names as Step Functions writes them.
    """,
    "glacier:uploadArchive",
    "accountId=account_id vaultName=vault_name archiveDescription=archive_description body checksum",
    defaults={"account_id": "-"},
    keeps={"answer": "$states.result"},
    output="$answer",
    differs="the answer with names as Step Functions writes them",
)

# --- ECR ----------------------------------------------------------------------------------------------------

_REPOSITORY: dict[str, Any] = {
    "on": "repository/{}",
    "named": "repositoryName",
    "keeps": {"answer": "$states.result"},
    "output": "$answer",
    "differs": "the answer with names and dates as Step Functions writes them",
}
_ANSWER = "Return value: the answer, with names and dates as Step Functions writes them."

operator(
    "operators.ecr.EcrCreateRepositoryOperator",
    f"A new repository: ``ecr:createRepository``.\n\n{_ANSWER}",
    "ecr:createRepository",
    "registryId=registry_id repositoryName=repository_name tags imageTagMutability=image_tag_mutability "
    "imageTagMutabilityExclusionFilters=image_tag_mutability_exclusion_filters "
    "imageScanningConfiguration=image_scanning_configuration "
    "encryptionConfiguration=encryption_configuration",
    **_REPOSITORY,
)
operator(
    "operators.ecr.EcrDeleteRepositoryOperator",
    f"A repository is deleted: ``ecr:deleteRepository``.\n\n{_ANSWER}",
    "ecr:deleteRepository",
    "registryId=registry_id repositoryName=repository_name force",
    defaults={"force": False},
    **_REPOSITORY,
)
operator(
    "operators.ecr.EcrSetRepositoryPolicyOperator",
    f"A repository gets a policy: ``ecr:setRepositoryPolicy``.\n\n{_ANSWER}",
    "ecr:setRepositoryPolicy",
    "registryId=registry_id repositoryName=repository_name policyText=policy_text force",
    defaults={"force": False},
    **_REPOSITORY,
)
