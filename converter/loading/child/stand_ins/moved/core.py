"""What Airflow itself moved, from 1.10 until 3.3. Form: see the package; source: the release notes, and the
redirections that Airflow 2.11 and 3.3 have in ``airflow/{operators,sensors,hooks,models,utils}/__init__.py``.
"""

TABLE = """
airflow > airflow
    dag > sdk: DAG dag
    datasets > sdk: Dataset=Asset DatasetAlias=AssetAlias DatasetAll=AssetAll DatasetAny=AssetAny
    decorators > sdk: dag setup task task_group teardown
    helpers > sdk: chain cross_downstream
    hooks > sdk: BaseHook
    models > sdk: BaseOperator Connection DAG Variable XComArg TaskGroup
    operators > sdk: BaseOperator
    sensors > sdk: BaseSensorOperator
    utils > sdk: timezone
airflow > airflow.operators
    operators > subdag: SubDagOperator
airflow > airflow.providers.amazon.aws.hooks
    hooks > s3: S3Hook
airflow > airflow.providers.amazon.aws.sensors
    sensors > s3: S3KeySensor
airflow > airflow.providers.celery.executors
    executors > celery_executor: CeleryExecutor
airflow > airflow.providers.common.sql.operators
    operators > sql:
        MsSqlOperator=SQLExecuteQueryOperator MySqlOperator=SQLExecuteQueryOperator
        PostgresOperator=SQLExecuteQueryOperator SqliteOperator=SQLExecuteQueryOperator
airflow > airflow.providers.http.operators
    operators > http: SimpleHttpOperator=HttpOperator
airflow > airflow.providers.smtp.operators
    operators > smtp: EmailOperator
airflow > airflow.providers.standard.operators
    operators > bash: BashOperator
    operators > empty: DummyOperator=EmptyOperator
    operators > latest_only: LatestOnlyOperator
    operators > python: BranchPythonOperator PythonOperator PythonVirtualenvOperator ShortCircuitOperator
    operators > trigger_dagrun: TriggerDagRunOperator
airflow > airflow.providers.standard.sensors
    sensors > external_task: ExternalTaskSensor
airflow > airflow.sdk.bases
    models > sensor: BaseSensorOperator
airflow.datasets > airflow
    metadata > sdk: Metadata
airflow.decorators > airflow.providers.standard.decorators
    bash > bash: *
    branch_external_python > branch_external_python: *
    branch_python > branch_python: *
    branch_virtualenv > branch_virtualenv: *
    external_python > external_python: *
    python > python: *
    python_virtualenv > python_virtualenv: *
    sensor > sensor: *
    short_circuit > short_circuit: *
airflow.hooks > airflow
    base > sdk: BaseHook
    base_hook > sdk: BaseHook
airflow.hooks > airflow.providers.amazon.aws.hooks
    S3_hook > s3: *
airflow.hooks > airflow.providers.apache.hive.hooks
    hive_hooks > hive: *
airflow.hooks > airflow.providers.common.sql.hooks
    dbapi > sql: DbApiHook
    dbapi_hook > sql: DbApiHook
airflow.hooks > airflow.providers.docker.hooks
    docker_hook > docker: DockerHook
airflow.hooks > airflow.providers.http.hooks
    http_hook > http: HttpHook
airflow.hooks > airflow.providers.jdbc.hooks
    jdbc_hook > jdbc: JdbcHook
airflow.hooks > airflow.providers.microsoft.mssql.hooks
    mssql_hook > mssql: MsSqlHook
airflow.hooks > airflow.providers.mysql.hooks
    mysql_hook > mysql: MySqlHook
airflow.hooks > airflow.providers.oracle.hooks
    oracle_hook > oracle: OracleHook
airflow.hooks > airflow.providers.postgres.hooks
    postgres_hook > postgres: PostgresHook
airflow.hooks > airflow.providers.presto.hooks
    presto_hook > presto: PrestoHook
airflow.hooks > airflow.providers.slack.hooks
    slack_hook > slack: SlackHook
airflow.hooks > airflow.providers.sqlite.hooks
    sqlite_hook > sqlite: SqliteHook
airflow.models > airflow
    baseoperator > sdk: BaseOperator chain chain_linear cross_downstream
    baseoperatorlink > sdk: BaseOperatorLink
    connection > sdk: Connection
    dag > sdk: DAG dag
    dataset > sdk: Dataset=Asset
    param > sdk: Param ParamsDict
    variable > sdk: Variable
    xcom_arg > sdk: XComArg
airflow.models > airflow.sdk.definitions
    dagparam > param: DagParam
airflow.notifications > airflow
    basenotifier > sdk: BaseNotifier
airflow.operators > airflow
    python > sdk: get_current_context task
    sensors > sdk: BaseSensorOperator
airflow.operators > airflow.operators
    subdag_operator > subdag: *
airflow.operators > airflow.providers.amazon.aws.sensors
    sensors > s3: S3KeySensor S3PrefixSensor
airflow.operators > airflow.providers.apache.hive.operators
    hive_operator > hive: HiveOperator
    hive_stats_operator > hive_stats: HiveStatsCollectionOperator
airflow.operators > airflow.providers.apache.hive.transfers
    s3_to_hive_operator > s3_to_hive: S3ToHiveTransfer=S3ToHiveOperator *
airflow.operators > airflow.providers.common.sql.operators
    check_operator > sql:
        CheckOperator=SQLCheckOperator IntervalCheckOperator=SQLIntervalCheckOperator
        ThresholdCheckOperator=SQLThresholdCheckOperator ValueCheckOperator=SQLValueCheckOperator *
    generic_transfer > generic_transfer: GenericTransfer
    jdbc_operator > sql: JdbcOperator=SQLExecuteQueryOperator
    mssql_operator > sql: MsSqlOperator=SQLExecuteQueryOperator
    mysql_operator > sql: MySqlOperator=SQLExecuteQueryOperator
    oracle_operator > sql: OracleOperator=SQLExecuteQueryOperator
    postgres_operator > sql: PostgresOperator=SQLExecuteQueryOperator
    presto_check_operator > sql:
        PrestoCheckOperator=SQLCheckOperator PrestoIntervalCheckOperator=SQLIntervalCheckOperator
        PrestoValueCheckOperator=SQLValueCheckOperator
    sql > sql: *
    sql_branch_operator > sql: BranchSqlOperator=BranchSQLOperator *
    sqlite_operator > sql: SqliteOperator=SQLExecuteQueryOperator
airflow.operators > airflow.providers.common.sql.sensors
    sensors > sql: SqlSensor
airflow.operators > airflow.providers.docker.operators
    docker_operator > docker: DockerOperator
airflow.operators > airflow.providers.http.operators
    http_operator > http: SimpleHttpOperator=HttpOperator
airflow.operators > airflow.providers.http.sensors
    sensors > http: HttpSensor
airflow.operators > airflow.providers.papermill.operators
    papermill_operator > papermill: PapermillOperator
airflow.operators > airflow.providers.slack.operators
    slack_operator > slack: *
airflow.operators > airflow.providers.smtp.operators
    email > smtp: EmailOperator
    email_operator > smtp: EmailOperator
airflow.operators > airflow.providers.standard.operators
    bash > bash: BashOperator
    bash_operator > bash: BashOperator
    dagrun_operator > trigger_dagrun: TriggerDagRunOperator
    datetime > datetime: BranchDateTimeOperator
    dummy > empty: DummyOperator=EmptyOperator *
    dummy_operator > empty: DummyOperator=EmptyOperator *
    empty > empty: EmptyOperator
    latest_only > latest_only: LatestOnlyOperator
    latest_only_operator > latest_only: LatestOnlyOperator
    python > python:
        BranchExternalPythonOperator BranchPythonOperator BranchPythonVirtualenvOperator
        ExternalPythonOperator PythonOperator PythonVirtualenvOperator ShortCircuitOperator
    python_operator > python:
        BranchPythonOperator PythonOperator PythonVirtualenvOperator ShortCircuitOperator *
    smooth > smooth: SmoothOperator
    trigger_dagrun > trigger_dagrun: TriggerDagRunOperator
    weekday > weekday: BranchDayOfWeekOperator
airflow.operators > airflow.providers.standard.sensors
    sensors > external_task: ExternalTaskSensor
    sensors > time: TimeSensor
    sensors > time_delta: TimeDeltaSensor
airflow.operators > airflow.sdk.bases
    branch > branch: BaseBranchOperator BranchMixIn
    branch_operator > branch: BaseBranchOperator
airflow.sensors > airflow
    base > sdk: BaseSensorOperator PokeReturnValue
    base_sensor_operator > sdk: BaseSensorOperator
    smart_sensor > sdk: BaseSensorOperator
airflow.sensors > airflow.providers.apache.hive.sensors
    hive_partition_sensor > hive_partition: HivePartitionSensor
    metastore_partition_sensor > metastore_partition: MetastorePartitionSensor
    named_hive_partition_sensor > named_hive_partition: NamedHivePartitionSensor
airflow.sensors > airflow.providers.common.sql.sensors
    sql > sql: SqlSensor
    sql_sensor > sql: SqlSensor
airflow.sensors > airflow.providers.http.sensors
    http_sensor > http: HttpSensor
airflow.sensors > airflow.providers.standard.sensors
    bash > bash: BashSensor
    date_time > date_time: *
    date_time_sensor > date_time: *
    external_task > external_task: ExternalDagLink ExternalTaskMarker ExternalTaskSensor
    external_task_sensor > external_task: *
    filesystem > filesystem: FileSensor
    python > python: PythonSensor
    time_delta > time_delta: TimeDeltaSensor TimeDeltaSensorAsync
    time_delta_sensor > time_delta: TimeDeltaSensor
    time_sensor > time: TimeSensor TimeSensorAsync
    weekday > weekday: DayOfWeekSensor
airflow.timetables > airflow.timetables
    datasets > assets: DatasetOrTimeSchedule
airflow.utils > airflow
    edgemodifier > sdk: Label
    helpers > sdk: chain cross_downstream
    task_group > sdk: TaskGroup task_group
airflow.utils > airflow.providers.standard.utils
    weekday > weekday: WeekDay
airflow.utils > airflow.sdk.definitions._internal
    setup_teardown > setup_teardown: BaseSetupTeardownContext SetupTeardownContext
airflow.utils > airflow.task
    trigger_rule > trigger_rule: TriggerRule
    weight_rule > weight_rule: WeightRule
airflow.utils > airflow.utils
    db > session: create_session provide_session
airflow.utils.log > airflow.sdk.definitions._internal
    logging_mixin > logging_mixin: LoggingMixin
"""
