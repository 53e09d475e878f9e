"""Each converted operator against the real one: the calls that it makes, their arguments, and the XCom."""

from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

import pytest
from airflow.exceptions import AirflowException
from iam_lint import linted
from real_operators import differences, run_converted, run_operator
from workflows import workflow

from converter.diagnostics import refuses
from converter.operators import steps_of
from converter.workflow import Opaque, Task

AMAZON = "airflow.providers.amazon.aws"


@dataclass
class Case:
    operator: str
    arguments: dict[str, Any]
    answers: dict[str, Any] = field(default_factory=dict)
    # Where what it returns differs, as its docs say.
    same_result: bool = True
    ignored: frozenset[str] = frozenset()
    package: str = "operators"

    @property
    def path(self) -> str:
        return f"{AMAZON}.{self.package}.{self.operator}"

    @property
    def id(self) -> str:
        return f"{self.operator.rpartition('.')[2]}-{'-'.join(list(self.arguments)[1:4])}"


ROLE = "arn:aws:iam::123456789012:role/r"
AVAILABLE = {"DescribeDBInstances": {"DBInstances": [{"DBInstanceStatus": "available"}]}}
SUBSCRIBED = {"DescribeEventSubscriptions": {"EventSubscriptionsList": [{"Status": "active"}]}}
GONE = {"DescribeDBInstances": "DBInstanceNotFound"}
CREATED = {"DescribeDBSnapshots": {"DBSnapshots": [{"Status": "available"}]}}

CASES = [
    Case("s3.S3CreateBucketOperator", {"bucket_name": "b"}, {"HeadBucket": "404"}),
    Case("s3.S3DeleteBucketOperator", {"bucket_name": "b"}),
    Case("s3.S3CreateObjectOperator", {"s3_bucket": "b", "s3_key": "k", "data": "text", "replace": True},
         ignored=frozenset({"ChecksumAlgorithm", "Body"})),  # boto3 sends it as a stream
    Case("s3.S3CopyObjectOperator", {"source_bucket_key": "s3://a/k x", "dest_bucket_key": "s3://b/k"},
         ignored=frozenset({"CopySource"})),
    Case("s3.S3DeleteObjectsOperator", {"bucket": "b", "keys": ["x", "y"]},
         {"DeleteObjects": {"Errors": None}}),
    Case("s3.S3ListOperator", {"bucket": "b", "prefix": "p/"}),
    Case("s3.S3ListPrefixesOperator", {"bucket": "b", "prefix": "p/", "delimiter": "/"}),
    Case("s3.S3GetBucketTaggingOperator", {"bucket_name": "b"}),
    Case("s3.S3PutBucketTaggingOperator", {"bucket_name": "b", "key": "k", "value": "v"}),
    Case("s3.S3DeleteBucketTaggingOperator", {"bucket_name": "b"}),
    Case("sns.SnsPublishOperator",
         {"target_arn": "arn:aws:sns:us-east-1:123456789012:t", "message": "m", "subject": "s",
          "message_attributes": {"n": 1, "s": "x"}}, same_result=False),
    Case("sqs.SqsPublishOperator", {"sqs_queue": "https://q/1/q", "message_content": "m"},
         same_result=False, ignored=frozenset({"MessageAttributes"})),
    Case("eventbridge.EventBridgePutEventsOperator",
         {"entries": [{"Source": "s", "DetailType": "d", "Detail": '{"a": 1}'}]},
         {"PutEvents": {"FailedEntryCount": 0, "Entries": [{"EventId": "e1", "ErrorCode": None}]}}),
    Case("eventbridge.EventBridgePutRuleOperator",
         {"name": "r", "event_pattern": '{"source": ["s"]}', "role_arn": ROLE}, same_result=False),
    Case("eventbridge.EventBridgeEnableRuleOperator", {"name": "r"}),
    Case("eventbridge.EventBridgeDisableRuleOperator", {"name": "r", "event_bus_name": "b"}),
    Case("lambda_function.LambdaInvokeFunctionOperator", {"function_name": "f", "payload": '{"a": 1}'},
         {"Invoke": {"StatusCode": 200, "FunctionError": None, "LogResult": None}}, same_result=False),
    Case("lambda_function.LambdaCreateFunctionOperator",
         {"function_name": "f", "runtime": "python3.12", "role": ROLE, "handler": "h.h",
          "code": {"S3Bucket": "b", "S3Key": "k"}, "config": {"memory_size": 512}}),
    Case("athena.AthenaOperator",
         {"query": "select 1", "database": "d", "output_location": "s3://b/", "workgroup": "w"},
         {"GetQueryExecution": {"QueryExecution": {"Status": {"State": "SUCCEEDED"}}}}),
    Case("batch.BatchOperator",
         {"job_name": "j", "job_definition": "d:1", "job_queue": "q", "parameters": {"inDir": "x"},
          "container_overrides": {"environment": [{"name": "A", "value": "1"}]}, "tags": {"k": "v"}},
         {"DescribeJobs": {"jobs": [{"status": "SUCCEEDED"}]}}),
    Case("batch.BatchCreateComputeEnvironmentOperator",
         {"compute_environment_name": "c", "environment_type": "MANAGED", "state": "ENABLED",
          "compute_resources": {"type": "FARGATE", "maxvCpus": 4, "subnets": ["s"]}, "service_role": ROLE}),
    Case("ecs.EcsRunTaskOperator",
         {"task_definition": "d", "cluster": "c", "launch_type": "FARGATE",
          "overrides": {"containerOverrides": [{"name": "n", "command": ["x"]}]},
          "network_configuration": {"awsvpcConfiguration": {"subnets": ["s"]}}},
         {"RunTask": {"failures": []},
          "DescribeTasks": {"failures": [], "tasks": [{"stopCode": "EssentialContainerExited",
                            "containers": [{"lastStatus": "STOPPED", "exitCode": 0, "reason": ""}]}]}},
         ignored=frozenset({"startedBy"})),
    Case("ecs.EcsRegisterTaskDefinitionOperator",
         {"family": "f", "container_definitions": [{"name": "n", "image": "i"}],
          "register_task_kwargs": {"cpu": "256", "executionRoleArn": ROLE}}),
    Case("ecs.EcsDeregisterTaskDefinitionOperator", {"task_definition": "f:1"}),
    Case("ecs.EcsCreateClusterOperator", {"cluster_name": "c"},
         {"DescribeClusters": {"clusters": [{"status": "ACTIVE"}], "failures": []}}, same_result=False),
    Case("ecs.EcsDeleteClusterOperator", {"cluster_name": "c"},
         {"DescribeClusters": {"clusters": [{"status": "INACTIVE"}], "failures": []}}, same_result=False),
    Case("emr.EmrCreateJobFlowOperator",
         {"job_flow_overrides": {"Name": "n", "ReleaseLabel": "emr-7.0.0", "ServiceRole": "EMR_DefaultRole",
                                 "Instances": {"KeepJobFlowAliveWhenNoSteps": True}}}),
    Case("emr.EmrCreateJobFlowOperator",
         {"job_flow_overrides": {"Name": "n", "Instances": {}}, "wait_for_completion": True},
         {"DescribeCluster": {"Cluster": {"Status": {"State": "TERMINATED"}}}}),
    Case("emr.EmrAddStepsOperator",
         {"job_flow_id": "j-1", "steps": [{"Name": "s", "ActionOnFailure": "CONTINUE",
                                           "HadoopJarStep": {"Jar": "command-runner.jar", "Args": ["x"]}}],
          "wait_for_completion": True},
         {"ListSteps": {"Steps": [{"Status": {"State": "COMPLETED"}}]}}),
    Case("emr.EmrTerminateJobFlowOperator", {"job_flow_id": "j-1"}),
    Case("emr.EmrModifyClusterOperator", {"cluster_id": "j-1", "step_concurrency_level": 2}),
    Case("emr.EmrStartNotebookExecutionOperator",
         {"editor_id": "e", "relative_path": "p", "cluster_id": "j-1", "service_role": "r",
          "notebook_execution_name": "n"}),
    Case("emr.EmrStopNotebookExecutionOperator", {"notebook_execution_id": "x"}),
    Case("emr.EmrEksCreateClusterOperator",
         {"virtual_cluster_name": "v", "eks_cluster_name": "e", "eks_namespace": "n"}),
    Case("emr.EmrContainerOperator",
         {"name": "n", "virtual_cluster_id": "v", "execution_role_arn": ROLE, "release_label": "emr-7",
          "job_driver": {"sparkSubmitJobDriver": {"entryPoint": "s3://b/x.py"}}},
         {"DescribeJobRun": {"jobRun": {"state": "COMPLETED"}}}),
    Case("emr.EmrServerlessCreateApplicationOperator",
         {"release_label": "emr-7.0.0", "job_type": "SPARK", "config": {"name": "n"}},
         {"GetApplication": [{"application": {"state": "CREATED"}}, {"application": {"state": "STARTED"}}]}),
    Case("emr.EmrServerlessStartJobOperator",
         {"application_id": "a", "execution_role_arn": ROLE, "name": "n",
          "job_driver": {"sparkSubmit": {"entryPoint": "s3://b/x.py"}},
          "configuration_overrides": {"monitoringConfiguration": {"s3MonitoringConfiguration": {
              "logUri": "s3://b/"}}}},
         {"GetApplication": {"application": {"state": "STARTED"}}}),
    Case("emr.EmrServerlessStopApplicationOperator", {"application_id": "a"},
         {"GetApplication": {"application": {"state": "STOPPED"}}}),
    Case("glue_crawler.GlueCrawlerRunOperator", {"crawler_name": "c"},
         {"GetCrawler": {"Crawler": {"State": "READY", "LastCrawl": {"Status": "SUCCEEDED"}}}}),
    Case("glue_crawler.GlueCrawlerCreateOperator",
         {"config": {"Name": "c", "Role": ROLE, "Targets": {"S3Targets": [{"Path": "s3://b/"}]}}}),
    Case("glue_crawler.GlueCrawlerDeleteOperator", {"crawler_name": "c"}),
    Case("glue_databrew.GlueDataBrewStartJobOperator", {"job_name": "j"},
         {"DescribeJobRun": {"State": "SUCCEEDED"}}),
    Case("glue.GlueDataQualityOperator", {"name": "n", "ruleset": "Rules = [RowCount > 0]"}),
    Case("redshift_data.RedshiftDataOperator",
         {"sql": "select 1", "database": "d", "cluster_identifier": "c", "db_user": "u",
          "parameters": [{"name": "a", "value": "1"}]},
         {"DescribeStatement": {"Status": "FINISHED", "SubStatements": []}}),
    Case("redshift_data.RedshiftDataOperator",
         {"sql": ["select 1", "select 2"], "database": "d", "workgroup_name": "w"},
         {"DescribeStatement": {"Status": "FINISHED", "SubStatements": [{"Id": "x:1"}, {"Id": "x:2"}]}}),
    Case("redshift_cluster.RedshiftCreateClusterOperator",
         {"cluster_identifier": "c", "node_type": "ra3.large", "master_username": "u",
          "master_user_password": "p", "cluster_type": "single-node"}),
    Case("redshift_cluster.RedshiftPauseClusterOperator", {"cluster_identifier": "c"}),
    Case("redshift_cluster.RedshiftResumeClusterOperator", {"cluster_identifier": "c"}),
    Case("redshift_cluster.RedshiftDeleteClusterOperator", {"cluster_identifier": "c"},
         {"DescribeClusters": "ClusterNotFound"}),
    Case("redshift_cluster.RedshiftCreateClusterSnapshotOperator",
         {"snapshot_identifier": "s", "cluster_identifier": "c"},
         {"DescribeClusters": {"Clusters": [{"ClusterStatus": "available"}]}}),
    Case("redshift_cluster.RedshiftDeleteClusterSnapshotOperator",
         {"snapshot_identifier": "s", "cluster_identifier": "c"},
         {"DescribeClusterSnapshots": "ClusterSnapshotNotFound"}),
    Case("rds.RdsCreateDbInstanceOperator",
         {"db_instance_identifier": "i", "db_instance_class": "db.t3.micro", "engine": "postgres",
          "rds_kwargs": {"MasterUsername": "u", "DBName": "d", "AllocatedStorage": 20}},
         AVAILABLE, same_result=False),
    Case("rds.RdsDeleteDbInstanceOperator",
         {"db_instance_identifier": "i", "rds_kwargs": {"SkipFinalSnapshot": True}}, GONE, same_result=False),
    Case("rds.RdsCreateDbSnapshotOperator",
         {"db_type": "instance", "db_identifier": "i", "db_snapshot_identifier": "s"}, CREATED,
         same_result=False),
    Case("rds.RdsCopyDbSnapshotOperator",
         {"db_type": "instance", "source_db_snapshot_identifier": "a", "target_db_snapshot_identifier": "b",
          "wait_for_completion": False}, same_result=False, ignored=frozenset({"SourceRegion"})),
    Case("rds.RdsStartExportTaskOperator",
         {"export_task_identifier": "e", "source_arn": "a", "s3_bucket_name": "b", "iam_role_arn": ROLE,
          "kms_key_id": "k"}, {"DescribeExportTasks": {"ExportTasks": [{"Status": "complete"}]}},
         same_result=False),
    Case("rds.RdsCreateEventSubscriptionOperator",
         {"subscription_name": "s", "sns_topic_arn": "t", "source_type": "db-instance"}, SUBSCRIBED,
         same_result=False),
    Case("rds.RdsDeleteEventSubscriptionOperator", {"subscription_name": "s"}, same_result=False),
    Case("rds.RdsStartDbOperator", {"db_identifier": "i"}, AVAILABLE, same_result=False),
    Case("rds.RdsStopDbOperator", {"db_identifier": "i"},
         {"DescribeDBInstances": {"DBInstances": [{"DBInstanceStatus": "stopped"}]}}, same_result=False),
    Case("ec2.EC2TerminateInstanceOperator", {"instance_ids": ["i-1"]}),
    Case("ec2.EC2RebootInstanceOperator", {"instance_ids": "i-1"}),
    Case("ec2.EC2CreateInstanceOperator", {"image_id": "ami-1", "config": {"InstanceType": "t3.micro"}}),
    Case("sagemaker.SageMakerTrainingOperator",
         {"config": {"TrainingJobName": "j", "RoleArn": ROLE, "HyperParameters": {"a-b": "c"},
                     "OutputDataConfig": {"S3OutputPath": "s3://o"},
                     "ResourceConfig": {"InstanceCount": "1", "VolumeSizeInGB": 30,
                                        "InstanceType": "ml.m5.large"},
                     "StoppingCondition": {"MaxRuntimeInSeconds": 60}},
          "wait_for_completion": False, "check_if_job_exists": False, "print_log": False}, same_result=False),
    Case("sagemaker.SageMakerModelOperator",
         {"config": {"ModelName": "m", "ExecutionRoleArn": ROLE, "PrimaryContainer": {"Image": "i"}}},
         same_result=False),
    Case("sagemaker.SageMakerDeleteModelOperator", {"config": {"ModelName": "m"}}),
    Case("sagemaker.SageMakerEndpointConfigOperator",
         {"config": {"EndpointConfigName": "e", "ProductionVariants": [
             {"VariantName": "v", "ModelName": "m", "InitialInstanceCount": 1}]}}, same_result=False),
    Case("sagemaker.SageMakerStartPipelineOperator", {"pipeline_name": "p", "pipeline_params": {"a": "1"}}),
    Case("sagemaker.SageMakerCreateNotebookOperator",
         {"instance_name": "n", "instance_type": "ml.t3.medium", "role_arn": ROLE},
         {"DescribeNotebookInstance": {"NotebookInstanceStatus": "InService"}}),
    Case("sagemaker.SageMakerStopNotebookOperator", {"instance_name": "n"},
         {"DescribeNotebookInstance": {"NotebookInstanceStatus": "Stopped"}}),
    Case("step_function.StepFunctionGetExecutionOutputOperator",
         {"execution_arn": "arn:aws:states:us-east-1:123456789012:execution:m:x"},
         {"DescribeExecution": {"output": '{"a": [1]}'}}),
    Case("eks.EksCreateNodegroupOperator",
         {"cluster_name": "c", "nodegroup_subnets": ["s"], "nodegroup_role_arn": ROLE}),
    Case("eks.EksDeleteNodegroupOperator", {"cluster_name": "c", "nodegroup_name": "n"}),
    Case("eks.EksCreateFargateProfileOperator",
         {"cluster_name": "c", "pod_execution_role_arn": ROLE, "selectors": [{"namespace": "n"}]}),
    Case("eks.EksDeleteClusterOperator", {"cluster_name": "c"}),
    Case("eks.EksCreateClusterOperator",
         {"cluster_name": "c", "cluster_role_arn": ROLE, "nodegroup_role_arn": ROLE,
          "resources_vpc_config": {"subnetIds": ["s"]}},
         {"DescribeCluster": {"cluster": {"status": "ACTIVE"}}}),
    Case("bedrock.BedrockCustomizeModelOperator",
         {"job_name": "j", "custom_model_name": "m", "role_arn": ROLE, "base_model_id": "b",
          "training_data_uri": "s3://t", "output_data_uri": "s3://o", "hyperparameters": {"epochCount": "1"}},
         {"GetModelCustomizationJob": {"status": "Completed"}}),
    Case("bedrock.BedrockCreateGuardrailVersionOperator", {"guardrail_identifier": "g"}),
    Case("bedrock.BedrockCreateGuardrailOperator",
         {"guardrail_name": "g", "blocked_input_messaging": "x", "blocked_outputs_messaging": "y"}),
    Case("bedrock.BedrockCreateDataSourceOperator",
         {"name": "n", "knowledge_base_id": "k", "bucket_name": "b"}),
    Case("bedrock.BedrockBatchInferenceOperator",
         {"job_name": "j", "role_arn": ROLE, "model_id": "m", "input_uri": "s3://i", "output_uri": "s3://o"},
         {"GetModelInvocationJob": {"status": "Completed"}}),
    Case("comprehend.ComprehendStartPiiEntitiesDetectionJobOperator",
         {"input_data_config": {"S3Uri": "s3://i"}, "output_data_config": {"S3Uri": "s3://o"},
          "mode": "ONLY_REDACTION", "data_access_role_arn": ROLE, "language_code": "en",
          "start_pii_entities_kwargs": {"JobName": "j"}},
         {"DescribePiiEntitiesDetectionJob": {
             "PiiEntitiesDetectionJobProperties": {"JobStatus": "COMPLETED"}}}),
    Case("cloud_formation.CloudFormationCreateStackOperator",
         {"stack_name": "s",
          "cloudformation_parameters": {"TemplateURL": "https://t", "TimeoutInMinutes": 5}}),
    Case("cloud_formation.CloudFormationDeleteStackOperator", {"stack_name": "s"}),
    Case("ssm.SsmRunCommandOperator",
         {"document_name": "AWS-RunShellScript",
          "run_command_kwargs": {"InstanceIds": ["i-1"], "Parameters": {"commands": ["true"]}}},
         {"ListCommandInvocations": {"CommandInvocations": [{"Status": "Success"}]}}),
    Case("dms.DmsCreateTaskOperator",
         {"replication_task_id": "t", "source_endpoint_arn": "s", "target_endpoint_arn": "t",
          "replication_instance_arn": "i", "table_mappings": {"rules": [{"rule-id": "1"}]}},
         {"DescribeReplicationTasks": {"ReplicationTasks": [{"Status": "ready"}]}}),
    Case("dms.DmsStartTaskOperator", {"replication_task_arn": "arn:aws:dms:us-east-1:123456789012:task:x"}),
    Case("neptune_analytics.NeptuneCreateGraphOperator",
         {"graph_name": "g", "vector_search_config": {"dimension": 8}, "provisioned_memory": 16},
         {"GetGraph": {"status": "AVAILABLE"}}),
    Case("glue_catalog.GlueCatalogCreateDatabaseOperator", {"database_name": "d", "parameters": {"aB": "c"}}),
    Case("glue_catalog.GlueCatalogCreateTableOperator",
         {"database_name": "d", "table_name": "t", "table_input": {"Parameters": {"x": "y"}}}),
    Case("s3_tables.S3TablesCreateTableOperator",
         {"table_bucket_arn": "a", "namespace": "n", "table_name": "t"}),
    Case("s3_vectors.S3VectorsPutVectorsOperator",
         {"vector_bucket_name": "b", "index_name": "i",
          "vectors": [{"key": "k", "data": {"float32": [1.0]}, "metadata": {"aKey": 1}}]}),
    Case("ecr.EcrDeleteRepositoryOperator", {"repository_name": "r", "force": True}, same_result=False),
    Case("sagemaker.SageMakerAutoMLOperator",
         {"job_name": "j", "s3_input": "s3://i", "target_attribute": "y", "s3_output": "s3://o",
          "role_arn": ROLE, "compressed_input": True, "time_limit": 600, "autodeploy_endpoint_name": "e",
          "extras": {"ProblemType": "Regression", "AutoMLJobObjective": {"MetricName": "MSE"}}},
         {"DescribeAutoMLJob": {"AutoMLJobStatus": "Completed"}}, same_result=False),
    Case("sagemaker.SageMakerAutoMLOperator",
         {"job_name": "j", "s3_input": "s3://i", "target_attribute": "y", "s3_output": "s3://o",
          "role_arn": ROLE, "wait_for_completion": False}),
    Case("dynamodb_to_s3.DynamoDBToS3Operator",
         {"dynamodb_table_name": "t", "s3_bucket_name": "b", "point_in_time_export": True,
          "s3_key_prefix": "p-", "export_table_to_point_in_time_kwargs": {
              "ExportType": "INCREMENTAL_EXPORT",
              "IncrementalExportSpecification": {"ExportViewType": "NEW_IMAGE"}}},
         {"DescribeTable": {"Table": {"TableArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t"}},
          "ExportTableToPointInTime": {"ExportDescription": {
              "ExportArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t/export/1"}},
          "DescribeExport": {"ExportDescription": {"ExportStatus": "COMPLETED"}}}, package="transfers"),
    Case("s3_to_dynamodb.S3ToDynamoDBOperator",
         {"s3_bucket": "b", "s3_key": "k/", "dynamodb_table_name": "t", "input_format": "CSV",
          "dynamodb_key_schema": [{"AttributeName": "id", "KeyType": "HASH"}],
          "dynamodb_attributes": [{"AttributeName": "id", "AttributeType": "S"}],
          "import_table_kwargs": {"InputFormatOptions": {"Csv": {"Delimiter": ","}}},
          "import_table_creation_kwargs": {"SSESpecification": {"Enabled": True}}},
         {"ImportTable": {"ImportTableDescription": {
             "ImportArn": "arn:aws:dynamodb:us-east-1:000000000000:table/t/import/1"}},
          "DescribeImport": {"ImportTableDescription": {"ImportStatus": "COMPLETED"}}},
         package="transfers"),
]  # fmt: skip


#: Of these the quick tests take a part: a client of botocore's takes its time.
QUICK = {
    "s3.S3DeleteBucketOperator",
    "sns.SnsPublishOperator",
    "batch.BatchOperator",
    "athena.AthenaOperator",
}


def _marked(case):
    return pytest.param(case, id=case.id, marks=() if case.operator in QUICK else pytest.mark.full)


@pytest.mark.parametrize("case", [_marked(case) for case in CASES])
def test_it_asks_for_what_the_operator_asks_for_and_returns_the_same(case):
    operator = case.path
    real = run_operator(operator, case.arguments, case.answers)
    converted = run_converted(operator, case.arguments, case.answers)
    assert list(differences(real, converted, case.ignored)) == []
    assert converted.not_allowed == []
    assert linted(converted.policy) == []
    if case.same_result:
        assert converted.returned == real.returned


SENSORS = [
    Case("eks.EksClusterStateSensor", {"cluster_name": "c"},
         {"DescribeCluster": {"cluster": {"status": "ACTIVE"}}}),
    Case("eks.EksNodegroupStateSensor",
         {"cluster_name": "c", "nodegroup_name": "n", "target_state": "NONEXISTENT"},
         {"DescribeNodegroup": "ResourceNotFoundException"}),
    Case("batch.BatchJobQueueSensor", {"job_queue": "q"},
         {"DescribeJobQueues": {"jobQueues": [{"status": "VALID"}]}}),
    Case("batch.BatchComputeEnvironmentSensor", {"compute_environment": "e"},
         {"DescribeComputeEnvironments": {"computeEnvironments": [{"status": "VALID"}]}}),
    Case("emr.EmrNotebookExecutionSensor", {"notebook_execution_id": "n"},
         {"DescribeNotebookExecution": {"NotebookExecution": {"Status": "FINISHED"}}}),
    Case("emr.EmrServerlessApplicationSensor", {"application_id": "a"},
         {"GetApplication": {"application": {"state": "STARTED"}}}),
    Case("rds.RdsSnapshotExistenceSensor", {"db_type": "instance", "db_snapshot_identifier": "s"},
         {"DescribeDBSnapshots": {"DBSnapshots": [{"Status": "available"}]}}),
    Case("rds.RdsDbSensor", {"db_identifier": "i"},
         {"DescribeDBInstances": {"DBInstances": [{"DBInstanceStatus": "available"}]}}),
    Case("cloud_formation.CloudFormationCreateStackSensor", {"stack_name": "s"},
         {"DescribeStacks": {"Stacks": [{"StackStatus": "CREATE_COMPLETE"}]}}),
    Case("comprehend.ComprehendStartPiiEntitiesDetectionJobCompletedSensor", {"job_id": "j"},
         {"DescribePiiEntitiesDetectionJob": {
             "PiiEntitiesDetectionJobProperties": {"JobStatus": "COMPLETED"}}}),
    Case("ecs.EcsClusterStateSensor", {"cluster_name": "c"},
         {"DescribeClusters": {"clusters": [{"status": "ACTIVE"}], "failures": []}}),
    Case("ecs.EcsTaskStateSensor", {"cluster": "c", "task": "t"},
         {"DescribeTasks": {"tasks": [{"lastStatus": "RUNNING"}], "failures": []}}),
    Case("ssm.SsmRunCommandCompletedSensor", {"command_id": "c"},
         {"ListCommandInvocations": {"CommandInvocations": [{"Status": "Success"}]}}),
    Case("bedrock.BedrockKnowledgeBaseActiveSensor", {"knowledge_base_id": "k"},
         {"GetKnowledgeBase": {"knowledgeBase": {"status": "ACTIVE"}}}),
    Case("opensearch_serverless.OpenSearchServerlessCollectionActiveSensor", {"collection_name": "c"},
         {"BatchGetCollection": {"collectionDetails": [{"status": "ACTIVE"}]}}),
    Case("ec2.EC2InstanceStateSensor", {"instance_id": "i-1", "target_state": "running"},
         {"DescribeInstances": {"Reservations": [{"Instances": [{"State": {"Name": "running"}}]}]}}),
    Case("glacier.GlacierJobOperationSensor", {"vault_name": "v", "job_id": "j"},
         {"DescribeJob": {"StatusCode": "Succeeded"}},
         ignored=frozenset({"accountId"})),  # botocore adds it later
    Case("mwaa_serverless.MwaaServerlessWorkflowRunSensor", {"workflow_arn": "w", "run_id": "r"},
         {"GetWorkflowRun": {"RunDetail": {"RunState": "SUCCESS"}}}),
    Case("glue.GlueDataQualityRuleSetEvaluationRunSensor", {"evaluation_run_id": "r"},
         {"GetDataQualityRulesetEvaluationRun": {"Status": "SUCCEEDED"},
          "BatchGetDataQualityResult": {"Results": [{"RuleResults": [{"Result": "PASS"}]}]}}),
    Case("glue.GlueDataQualityRuleSetEvaluationRunSensor",
         {"evaluation_run_id": "r", "verify_result_status": False},
         {"GetDataQualityRulesetEvaluationRun": {"Status": "SUCCEEDED"},
          "BatchGetDataQualityResult": {"Results": [{"RuleResults": [{"Result": "FAIL"}]}]}}),
]  # fmt: skip


@pytest.mark.full
@pytest.mark.parametrize("case", SENSORS, ids=lambda case: case.id)
def test_a_sensor_looks_at_what_the_operator_looks_at_and_goes_on(case):
    operator = f"{AMAZON}.sensors.{case.operator}"
    real = run_operator(operator, case.arguments, case.answers)
    converted = run_converted(operator, case.arguments, case.answers)
    assert converted.error is None
    assert converted.not_allowed == []
    assert linted(converted.policy) == []
    look = converted.asked[0]
    asked = {name: value for name, value in look.arguments.items() if name not in case.ignored}
    assert (look.operation, asked) in [(call.operation, call.arguments) for call in real.asked]


@pytest.mark.parametrize("case", [*CASES, *SENSORS], ids=lambda case: case.id)
def test_a_python_object_in_place_of_any_argument_refuses_the_task_alone(case):
    operator = case.path if case in CASES else f"{AMAZON}.sensors.{case.operator}"
    for name in case.arguments:
        given = {**case.arguments, name: Opaque("missing.lib.Settings", "Settings")}
        task = Task("t", operator, arguments=given)
        refused = {problem.task_id for problem in steps_of(workflow(task))[1] if refuses([problem])}
        assert refused == {"t"}, name


@pytest.mark.full
@pytest.mark.parametrize("result", ["FAIL", "ERROR"])
def test_an_evaluation_with_a_rule_that_failed_fails_as_the_operator_does(result):
    operator = f"{AMAZON}.sensors.glue.GlueDataQualityRuleSetEvaluationRunSensor"
    answers = {
        "GetDataQualityRulesetEvaluationRun": [{"Status": "RUNNING"}, {"Status": "SUCCEEDED"}],
        "BatchGetDataQualityResult": {"Results": [{"RuleResults": [{"Result": "PASS"}, {"Result": result}]}]},
    }
    with pytest.raises(AirflowException, match="failed for one or more rules"):
        run_operator(operator, {"evaluation_run_id": "r", "show_results": False}, deepcopy(answers))
    ran = run_converted(operator, {"evaluation_run_id": "r"}, answers)
    assert "one or more rules failed" in ran.error
    looks = ["GetDataQualityRulesetEvaluationRun"] * 2
    assert [call.operation for call in ran.asked] == [*looks, "BatchGetDataQualityResult"]


@pytest.mark.parametrize(
    ("operator", "more", "code"),
    [
        ("dynamodb_to_s3.DynamoDBToS3Operator", {"point_in_time_export": False}, "D801"),
        ("s3_to_dynamodb.S3ToDynamoDBOperator", {"use_existing_table": True}, "D801"),
        ("s3_to_dynamodb.S3ToDynamoDBOperator", {"delete_on_error": True}, "D220"),
    ],
)
def test_what_a_transfer_of_dynamodb_does_not_do_is_named(operator, more, code):
    case = next(case for case in CASES if case.operator == operator)
    task = Task("t", case.path, arguments={**case.arguments, **more})
    assert [problem.code.id for problem in steps_of(workflow(task))[1]] == [code]
