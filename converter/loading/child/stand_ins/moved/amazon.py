"""What moved inside the Amazon provider, or into it. Form: see the package; source: the provider's
changelog (2.5 to 9.0: "Standardize AWS … naming", "Organize … classes", removals in 5.0, 8.0 and 9.0) and
Airflow 2.11's redirections of ``airflow.contrib``.
"""

TABLE = """
airflow.contrib.hooks > airflow.providers.amazon.aws.hooks
    aws_athena_hook > athena: AWSAthenaHook=AthenaHook
    aws_datasync_hook > datasync: AWSDataSyncHook=DataSyncHook
    aws_dynamodb_hook > dynamodb: AwsDynamoDBHook=DynamoDBHook
    aws_firehose_hook > firehose: AwsFirehoseHook=FirehoseHook
    aws_glue_catalog_hook > glue_catalog: AwsGlueCatalogHook=GlueCatalogHook
    aws_hook > base_aws: AwsHook=AwsBaseHook *
    aws_lambda_hook > lambda_function: AwsLambdaHook=LambdaHook
    aws_logs_hook > logs: AwsLogsHook
    aws_sns_hook > sns: AwsSnsHook=SnsHook
    aws_sqs_hook > sqs: SQSHook=SqsHook
    emr_hook > emr: EmrHook
    redshift_hook > redshift_cluster: RedshiftHook
    sagemaker_hook > sagemaker: *
airflow.contrib.operators > airflow.providers.amazon.aws.operators
    aws_athena_operator > athena: AWSAthenaOperator=AthenaOperator
    aws_sqs_publish_operator > sqs: SQSPublishOperator=SqsPublishOperator
    awsbatch_operator > batch: AWSBatchOperator=BatchOperator AwsBatchOperator=BatchOperator
    ecs_operator > ecs: ECSOperator=EcsRunTaskOperator
    emr_add_steps_operator > emr: EmrAddStepsOperator
    emr_create_job_flow_operator > emr: EmrCreateJobFlowOperator
    emr_terminate_job_flow_operator > emr: EmrTerminateJobFlowOperator
    s3_copy_object_operator > s3: S3CopyObjectOperator
    s3_delete_objects_operator > s3: S3DeleteObjectsOperator
    s3_list_operator > s3: S3ListOperator
    sagemaker_base_operator > sagemaker: SageMakerBaseOperator
    sagemaker_endpoint_config_operator > sagemaker: SageMakerEndpointConfigOperator
    sagemaker_endpoint_operator > sagemaker: SageMakerEndpointOperator
    sagemaker_model_operator > sagemaker: SageMakerModelOperator
    sagemaker_training_operator > sagemaker: SageMakerTrainingOperator
    sagemaker_transform_operator > sagemaker: SageMakerTransformOperator
    sagemaker_tuning_operator > sagemaker: SageMakerTuningOperator
    sns_publish_operator > sns: SnsPublishOperator
airflow.contrib.operators > airflow.providers.amazon.aws.transfers
    dynamodb_to_s3 > dynamodb_to_s3: DynamoDBToS3Operator
    hive_to_dynamodb > hive_to_dynamodb: HiveToDynamoDBTransferOperator=HiveToDynamoDBOperator *
    imap_attachment_to_s3_operator > imap_attachment_to_s3: ImapAttachmentToS3Operator
    mongo_to_s3 > mongo_to_s3: MongoToS3Operator
    s3_to_sftp_operator > s3_to_sftp: S3ToSFTPOperator
    sftp_to_s3_operator > sftp_to_s3: SFTPToS3Operator
airflow.contrib.sensors > airflow.providers.amazon.aws.sensors
    aws_athena_sensor > athena: AthenaSensor
    aws_glue_catalog_partition_sensor > glue_catalog_partition:
        AwsGlueCatalogPartitionSensor=GlueCatalogPartitionSensor
    aws_redshift_cluster_sensor > redshift_cluster: AwsRedshiftClusterSensor=RedshiftClusterSensor
    aws_sqs_sensor > sqs: SQSSensor=SqsSensor
    emr_base_sensor > emr: EmrBaseSensor
    emr_job_flow_sensor > emr: EmrJobFlowSensor
    emr_step_sensor > emr: EmrStepSensor
    sagemaker_base_sensor > sagemaker: SageMakerBaseSensor
    sagemaker_endpoint_sensor > sagemaker: SageMakerEndpointSensor
    sagemaker_training_sensor > sagemaker: SageMakerTrainingSensor
    sagemaker_transform_sensor > sagemaker: SageMakerTransformSensor
    sagemaker_tuning_sensor > sagemaker: SageMakerTuningSensor
airflow.operators > airflow.providers.amazon.aws.operators
    s3_file_transform_operator > s3: S3FileTransformOperator
airflow.operators > airflow.providers.amazon.aws.transfers
    redshift_to_s3_operator > redshift_to_s3: RedshiftToS3Transfer=RedshiftToS3Operator *
    s3_to_redshift_operator > s3_to_redshift: S3ToRedshiftTransfer=S3ToRedshiftOperator *
airflow.providers.amazon.aws.hooks > airflow.providers.amazon.aws.hooks
    athena > athena: AWSAthenaHook=AthenaHook
    aws_dynamodb > dynamodb: AwsDynamoDBHook=DynamoDBHook
    batch_client > batch_client: AwsBatchClientHook=BatchClientHook
    datasync > datasync: AWSDataSyncHook=DataSyncHook
    dynamodb > dynamodb: AwsDynamoDBHook=DynamoDBHook
    eks > eks: EKSHook=EksHook
    emr_containers > emr: EMRContainerHook=EmrContainerHook
    glue > glue: AwsGlueJobHook=GlueJobHook
    glue_catalog > glue_catalog: AwsGlueCatalogHook=GlueCatalogHook
    glue_crawler > glue_crawler: AwsGlueCrawlerHook=GlueCrawlerHook
    kinesis > firehose: AwsFirehoseHook=FirehoseHook FirehoseHook
    lambda_function > lambda_function: AwsLambdaHook=LambdaHook
    redshift > redshift_cluster: RedshiftHook
    redshift > redshift_sql: RedshiftSQLHook
    ses > ses: SESHook=SesHook
    sns > sns: AwsSnsHook=SnsHook
    sqs > sqs: SQSHook=SqsHook
airflow.providers.amazon.aws.operators > airflow.providers.amazon.aws.operators
    athena > athena: AWSAthenaOperator=AthenaOperator
    aws_lambda > lambda_function: AwsLambdaInvokeFunctionOperator=LambdaInvokeFunctionOperator *
    batch > batch: AwsBatchOperator=BatchOperator
    datasync > datasync: AWSDataSyncOperator=DataSyncOperator
    dms_create_task > dms: DmsCreateTaskOperator
    dms_delete_task > dms: DmsDeleteTaskOperator
    dms_describe_tasks > dms: DmsDescribeTasksOperator
    dms_start_task > dms: DmsStartTaskOperator
    dms_stop_task > dms: DmsStopTaskOperator
    ec2_start_instance > ec2: EC2StartInstanceOperator
    ec2_stop_instance > ec2: EC2StopInstanceOperator
    ecs > ecs: ECSOperator=EcsRunTaskOperator EcsOperator=EcsRunTaskOperator
    eks > eks:
        EKSCreateClusterOperator=EksCreateClusterOperator
        EKSCreateFargateProfileOperator=EksCreateFargateProfileOperator
        EKSCreateNodegroupOperator=EksCreateNodegroupOperator
        EKSDeleteClusterOperator=EksDeleteClusterOperator
        EKSDeleteFargateProfileOperator=EksDeleteFargateProfileOperator
        EKSDeleteNodegroupOperator=EksDeleteNodegroupOperator EKSPodOperator=EksPodOperator
    emr > emr: EMRContainerOperator=EmrContainerOperator
    emr_add_steps > emr: EmrAddStepsOperator
    emr_containers > emr: EMRContainerOperator=EmrContainerOperator
    emr_create_job_flow > emr: EmrCreateJobFlowOperator
    emr_modify_cluster > emr: EmrModifyClusterOperator
    emr_terminate_job_flow > emr: EmrTerminateJobFlowOperator
    glue > glue: AwsGlueJobOperator=GlueJobOperator
    glue_crawler > glue_crawler: AwsGlueCrawlerOperator=GlueCrawlerOperator
    lambda_function > lambda_function: AwsLambdaInvokeFunctionOperator=LambdaInvokeFunctionOperator
    redshift > redshift_cluster: RedshiftPauseClusterOperator RedshiftResumeClusterOperator
    s3_bucket > s3: S3CreateBucketOperator S3DeleteBucketOperator
    s3_bucket_tagging > s3:
        S3DeleteBucketTaggingOperator S3GetBucketTaggingOperator S3PutBucketTaggingOperator
    s3_copy_object > s3: S3CopyObjectOperator
    s3_delete_objects > s3: S3DeleteObjectsOperator
    s3_file_transform > s3: S3FileTransformOperator
    s3_list > s3: S3ListOperator
    s3_list_prefixes > s3: S3ListPrefixesOperator
    sagemaker_base > sagemaker: *
    sagemaker_endpoint > sagemaker: *
    sagemaker_endpoint_config > sagemaker: *
    sagemaker_model > sagemaker: *
    sagemaker_processing > sagemaker: *
    sagemaker_training > sagemaker: *
    sagemaker_transform > sagemaker: *
    sagemaker_tuning > sagemaker: *
    sqs > sqs: SQSPublishOperator=SqsPublishOperator
    step_function_get_execution_output > step_function: StepFunctionGetExecutionOutputOperator
    step_function_start_execution > step_function: StepFunctionStartExecutionOperator
airflow.providers.amazon.aws.operators > airflow.providers.common.sql.operators
    redshift > sql: RedshiftSQLOperator=SQLExecuteQueryOperator
    redshift_sql > sql: RedshiftSQLOperator=SQLExecuteQueryOperator
airflow.providers.amazon.aws.sensors > airflow.providers.amazon.aws.sensors
    dms_task > dms: *
    ec2_instance_state > ec2: EC2InstanceStateSensor
    eks > eks:
        EKSClusterStateSensor=EksClusterStateSensor
        EKSFargateProfileStateSensor=EksFargateProfileStateSensor
        EKSNodegroupStateSensor=EksNodegroupStateSensor
    emr > emr: EMRContainerSensor=EmrContainerSensor
    emr_base > emr: EmrBaseSensor
    emr_containers > emr: EMRContainerSensor=EmrContainerSensor
    emr_job_flow > emr: EmrJobFlowSensor
    emr_step > emr: EmrStepSensor
    glue > glue: AwsGlueJobSensor=GlueJobSensor
    glue_catalog_partition > glue_catalog_partition: AwsGlueCatalogPartitionSensor=GlueCatalogPartitionSensor
    glue_crawler > glue_crawler: AwsGlueCrawlerSensor=GlueCrawlerSensor
    redshift > redshift_cluster: AwsRedshiftClusterSensor=RedshiftClusterSensor *
    s3_key > s3: S3KeySensor S3KeySizeSensor
    s3_keys_unchanged > s3: S3KeysUnchangedSensor
    s3_prefix > s3: S3PrefixSensor
    sagemaker_base > sagemaker: *
    sagemaker_endpoint > sagemaker: *
    sagemaker_training > sagemaker: *
    sagemaker_transform > sagemaker: *
    sagemaker_tuning > sagemaker: *
    sqs > sqs: SQSSensor=SqsSensor
    step_function_execution > step_function: StepFunctionExecutionSensor
airflow.providers.amazon.aws.transfers > airflow.providers.amazon.aws.transfers
    google_api_to_s3_transfer > google_api_to_s3: *
    mysql_to_s3 > sql_to_s3: MySQLToS3Operator=SqlToS3Operator
airflow.sensors > airflow.providers.amazon.aws.sensors
    s3_key_sensor > s3: S3KeySensor
    s3_prefix_sensor > s3: S3PrefixSensor
"""
