import requests, json, urllib.request, boto3, psycopg2, pymysql, snowflake.connector
from botocore.exceptions import ClientError
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.models import Variable
from datetime import datetime


def get_secret(name):
    client = boto3.session.Session().client(service_name="secretsmanager", region_name="us-east-1")
    try:
        resp = client.get_secret_value(SecretId=name)
    except ClientError as e:
        raise e
    return json.loads(resp["SecretString"])


creds = get_secret("db")
try:
    tables = requests.get("https://config.example.com/tables.json", timeout=3).json()
except Exception as e:
    tables = ["a", "b"]
conn = psycopg2.connect(host=creds["host"], dbname="x", user=creds["user"], password=creds["pw"])
cur = conn.cursor()
cur.execute("select name from tables")
rows = cur.fetchall()
s3 = boto3.resource("s3")
obj = s3.Object("bucket", "config.json").get()["Body"].read().decode("utf-8")
sts = boto3.client("sts").get_caller_identity().get("Account")
account = sts
with DAG("net", start_date=datetime(2022, 1, 1), schedule_interval=None) as dag:
    for t in tables:
        PythonOperator(task_id=f"load_{t}", python_callable=print, op_args=[t, account])
    for (name,) in rows:
        PythonOperator(task_id="r_" + name, python_callable=print)
