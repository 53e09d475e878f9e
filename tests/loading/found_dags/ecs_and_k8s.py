from airflow import DAG
from airflow.contrib.operators.ecs_operator import ECSOperator
from airflow.contrib.operators.kubernetes_pod_operator import KubernetesPodOperator
from airflow.contrib.kubernetes.secret import Secret
from airflow.kubernetes.secret import Secret as S2
from kubernetes.client import models as k8s
from airflow.providers.cncf.kubernetes.operators.kubernetes_pod import KubernetesPodOperator as KPO
from airflow.providers.amazon.aws.operators.eks import EksPodOperator, EKSCreateClusterOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.helpers import chain, cross_downstream
from airflow.hooks.base_hook import BaseHook
from datetime import datetime
import logging

log = logging.getLogger(__name__)
secret_env = Secret(deploy_type="env", deploy_target="SQL_CONN", secret="airflow-secrets", key="sql")
res = k8s.V1ResourceRequirements(limits={"memory": "1Gi"}, requests={"cpu": "100m"})
conn = BaseHook.get_connection("my_db")
uri = f"postgresql://{conn.login}:{conn.password}@{conn.host}:{conn.port}/{conn.schema}"
with DAG(
    "ecs_k8s",
    start_date=datetime(2020, 5, 17),
    schedule_interval="*/10 * * * *",
    default_args={"owner": "me"},
) as dag:
    a = ECSOperator(
        task_id="ecs",
        cluster="c",
        task_definition="td",
        launch_type="FARGATE",
        overrides={"containerOverrides": [{"name": "x", "command": ["python", "a.py", uri]}]},
        network_configuration={"awsvpcConfiguration": {"subnets": ["s"]}},
        awslogs_group="/ecs/x",
    )
    b = KubernetesPodOperator(
        task_id="pod",
        name="pod",
        namespace="default",
        image="python:3",
        cmds=["python", "-c"],
        arguments=["print(1)"],
        secrets=[secret_env],
        resources=res,
        in_cluster=False,
        get_logs=True,
        is_delete_operator_pod=True,
        startup_timeout_seconds=300,
    )
    c = KPO(
        task_id="pod2",
        name="p",
        image="i",
        volumes=[k8s.V1Volume(name="v", empty_dir=k8s.V1EmptyDirVolumeSource())],
    )
    d = EksPodOperator(
        task_id="eks",
        pod_name="x",
        cluster_name="c",
        image="amazon/aws-cli:latest",
        cmds=["sh"],
        labels={"demo": "hello"},
        get_logs=True,
    )
    e = [DummyOperator(task_id=f"d{i}") for i in range(3)]
    chain(a, [b, c], d)
    cross_downstream([d], e)
