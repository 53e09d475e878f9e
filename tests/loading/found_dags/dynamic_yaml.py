import os, yaml, glob
from pathlib import Path
from airflow.decorators import dag, task
from airflow.operators.empty import EmptyOperator
from airflow.operators.bash import BashOperator
from pendulum import datetime, duration

CONF_DIR = Path(os.environ.get("AIRFLOW_HOME", "/usr/local/airflow")) / "dags" / "conf"


def load_conf(p):
    with open(p) as f:
        return yaml.safe_load(f)


try:
    CONFS = [load_conf(p) for p in sorted(glob.glob(str(CONF_DIR / "*.yml")))]
except Exception:
    CONFS = []
CONFS = CONFS or [{"name": "a", "steps": ["x", "y"]}, {"name": "b", "steps": ["z"]}]


def create(conf):
    @dag(
        dag_id="dyn_" + conf["name"],
        start_date=datetime(2023, 1, 1, tz="Europe/Paris"),
        schedule="0 3 * * *",
        catchup=False,
        default_args={"retry_delay": duration(minutes=1), "retries": 1},
        doc_md=__doc__,
    )
    def inner():
        s = EmptyOperator(task_id="start")
        last = s
        for step in conf["steps"]:
            t = BashOperator(task_id=step, bash_command="echo {{ params.x }} " + step, params={"x": 1})
            last >> t
            last = t

    return inner()


for c in CONFS:
    globals()["dyn_" + c["name"]] = create(c)
