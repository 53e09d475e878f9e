import sagemaker
from sagemaker.estimator import Estimator
from sagemaker.amazon.amazon_estimator import get_image_uri
from sagemaker.workflow.airflow import training_config, transform_config_from_estimator
from sagemaker.tuner import HyperparameterTuner
import config as cfg
from pipeline import prepare, preprocess
from airflow.models import DAG
from airflow.contrib.operators.sagemaker_training_operator import SageMakerTrainingOperator
from airflow.contrib.operators.sagemaker_tuning_operator import SageMakerTuningOperator
from airflow.contrib.operators.sagemaker_transform_operator import SageMakerTransformOperator
from airflow.contrib.hooks.aws_hook import AwsHook
from airflow.operators.python_operator import PythonOperator, BranchPythonOperator
from airflow.operators.dummy_operator import DummyOperator
from airflow.utils.trigger_rule import TriggerRule
import airflow


def get_sagemaker_role_arn(role_name, region_name):
    iam = boto3.client("iam", region_name=region_name)
    return iam.get_role(RoleName=role_name)["Role"]["Arn"]


def is_hpo_enabled():
    hpo_enabled = False
    if "job_level" in config and "run_hyperparameter_opt" in config["job_level"]:
        hpo_enabled = True
    return hpo_enabled


config = cfg.config
hook = AwsHook(aws_conn_id="airflow-sagemaker")
region = config["job_level"]["region_name"]
sess = hook.get_session(region_name=region)
role = hook.expand_role(config["train_model"]["sagemaker_role"])
container = get_image_uri(sess.region_name, "factorization-machines")
fm_estimator = Estimator(
    image_name=container,
    role=role,
    sagemaker_session=sagemaker.session.Session(sess),
    **config["train_model"]["estimator_config"],
)
train_config = training_config(estimator=fm_estimator, inputs=config["train_model"]["inputs"])
transform_config = transform_config_from_estimator(
    estimator=fm_estimator, task_id="model_training", task_type="training"
)
args = {"owner": "airflow", "start_date": airflow.utils.dates.days_ago(2)}
dag = DAG(
    dag_id="sagemaker-ml-pipeline",
    default_args=args,
    schedule_interval=None,
    concurrency=1,
    max_active_runs=1,
    user_defined_filters=dict(tojson=lambda s: s),
)
init = DummyOperator(task_id="start", dag=dag)
pre = PythonOperator(
    task_id="preprocessing",
    dag=dag,
    provide_context=False,
    python_callable=preprocess.preprocess,
    op_kwargs=config["preprocess_data"],
)
branching = BranchPythonOperator(
    task_id="branching",
    dag=dag,
    python_callable=lambda: "model_tuning" if is_hpo_enabled() else "model_training",
)
train = SageMakerTrainingOperator(
    task_id="model_training",
    dag=dag,
    config=train_config,
    aws_conn_id="airflow-sagemaker",
    wait_for_completion=True,
    check_interval=30,
)
tune = SageMakerTuningOperator(
    task_id="model_tuning", dag=dag, config=train_config, aws_conn_id="x", wait_for_completion=True
)
inf = SageMakerTransformOperator(
    task_id="batch_transform", dag=dag, config=transform_config, trigger_rule=TriggerRule.ONE_SUCCESS
)
cleanup = DummyOperator(task_id="cleaning_up", dag=dag)
init.set_downstream(pre)
pre.set_downstream(branching)
branching.set_downstream(tune)
branching.set_downstream(train)
tune.set_downstream(inf)
train.set_downstream(inf)
inf.set_downstream(cleanup)
