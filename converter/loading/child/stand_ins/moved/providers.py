"""What moved into the other providers, or out of them. Form: see the package; source: Airflow 2.11's
redirections of ``airflow.contrib``, and the changelogs of the providers that gave up operators of their own
for the one of ``common.sql`` (postgres 6.0, mysql 6.0, snowflake 6.0, jdbc 5.0, mssql 4.0, oracle 4.0,
sqlite 4.0, trino 6.0).
"""

TABLE = """
airflow.contrib.hooks > airflow.providers
    databricks_hook > databricks.hooks.databricks: *
    ftp_hook > ftp.hooks.ftp: *
    imap_hook > imap.hooks.imap: *
    jira_hook > atlassian.jira.hooks.jira: *
    mongo_hook > mongo.hooks.mongo: MongoHook
    redis_hook > redis.hooks.redis: RedisHook
    sftp_hook > sftp.hooks.sftp: SFTPHook
    slack_webhook_hook > slack.hooks.slack_webhook: SlackWebhookHook
    snowflake_hook > snowflake.hooks.snowflake: SnowflakeHook
    spark_jdbc_hook > apache.spark.hooks.spark_jdbc: SparkJDBCHook
    spark_sql_hook > apache.spark.hooks.spark_sql: SparkSqlHook
    spark_submit_hook > apache.spark.hooks.spark_submit: SparkSubmitHook
    ssh_hook > ssh.hooks.ssh: SSHHook
airflow.contrib.hooks > airflow.providers.standard
    fs_hook > hooks.filesystem: FSHook
airflow.contrib.operators > airflow.providers
    bigquery_operator > google.cloud.operators.bigquery:
        BigQueryCreateEmptyTableOperator BigQueryOperator=BigQueryExecuteQueryOperator
    databricks_operator > databricks.operators.databricks: *
    docker_swarm_operator > docker.operators.docker_swarm: DockerSwarmOperator
    jira_operator > atlassian.jira.operators.jira: JiraOperator
    kubernetes_pod_operator > cncf.kubernetes.operators.pod: KubernetesPodOperator
    redis_publish_operator > redis.operators.redis_publish: RedisPublishOperator
    sftp_operator > sftp.operators.sftp: SFTPOperator
    slack_webhook_operator > slack.operators.slack_webhook: SlackWebhookOperator
    snowflake_operator > common.sql.operators.sql: SnowflakeOperator=SQLExecuteQueryOperator
    spark_jdbc_operator > apache.spark.operators.spark_jdbc: SparkJDBCOperator
    spark_sql_operator > apache.spark.operators.spark_sql: SparkSqlOperator
    spark_submit_operator > apache.spark.operators.spark_submit: SparkSubmitOperator
    ssh_operator > ssh.operators.ssh: SSHOperator
    vertica_operator > common.sql.operators.sql: VerticaOperator=SQLExecuteQueryOperator
    winrm_operator > microsoft.winrm.operators.winrm: WinRMOperator
airflow.contrib.sensors > airflow.providers
    bash_sensor > standard.sensors.bash: BashSensor
    celery_queue_sensor > celery.sensors.celery_queue: CeleryQueueSensor
    file_sensor > standard.sensors.filesystem: FileSensor
    ftp_sensor > ftp.sensors.ftp: FTPSSensor FTPSensor
    gcs_sensor > google.cloud.sensors.gcs: *
    imap_attachment_sensor > imap.sensors.imap_attachment: ImapAttachmentSensor
    jira_sensor > atlassian.jira.sensors.jira: *
    mongo_sensor > mongo.sensors.mongo: MongoSensor
    python_sensor > standard.sensors.python: PythonSensor
    redis_key_sensor > redis.sensors.redis_key: RedisKeySensor
    redis_pub_sub_sensor > redis.sensors.redis_pub_sub: RedisPubSubSensor
    sftp_sensor > sftp.sensors.sftp: SFTPSensor
    weekday_sensor > standard.sensors.weekday: DayOfWeekSensor
airflow.contrib.utils > airflow.providers
    weekday > standard.utils.weekday: WeekDay
airflow.providers.cncf.kubernetes.operators > airflow.providers.cncf.kubernetes.operators
    kubernetes_pod > pod: KubernetesPodOperator
airflow.providers.email.operators > airflow.providers.smtp.operators
    email > smtp: EmailOperator
airflow.providers.http.operators > airflow.providers.http.operators
    http > http: SimpleHttpOperator=HttpOperator
airflow.providers.jdbc.operators > airflow.providers.common.sql.operators
    jdbc > sql: JdbcOperator=SQLExecuteQueryOperator
airflow.providers.microsoft.mssql.operators > airflow.providers.common.sql.operators
    mssql > sql: MsSqlOperator=SQLExecuteQueryOperator
airflow.providers.mysql.operators > airflow.providers.common.sql.operators
    mysql > sql: MySqlOperator=SQLExecuteQueryOperator
airflow.providers.oracle.operators > airflow.providers.common.sql.operators
    oracle > sql: OracleOperator=SQLExecuteQueryOperator
airflow.providers.postgres.operators > airflow.providers.common.sql.operators
    postgres > sql: PostgresOperator=SQLExecuteQueryOperator
airflow.providers.snowflake.operators > airflow.providers.common.sql.operators
    snowflake > sql: SnowflakeOperator=SQLExecuteQueryOperator
airflow.providers.sqlite.operators > airflow.providers.common.sql.operators
    sqlite > sql: SqliteOperator=SQLExecuteQueryOperator
airflow.providers.trino.operators > airflow.providers.common.sql.operators
    trino > sql: TrinoOperator=SQLExecuteQueryOperator
airflow.providers.vertica.operators > airflow.providers.common.sql.operators
    vertica > sql: VerticaOperator=SQLExecuteQueryOperator
"""
