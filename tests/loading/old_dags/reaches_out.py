import socket
import urllib.request
from datetime import datetime

from airflow import DAG
from airflow.operators.dummy_operator import DummyOperator

try:
    TABLES = urllib.request.urlopen("http://config.example.com/tables", timeout=5).read().split()
except OSError:
    TABLES = ["fallback"]
try:
    socket.create_connection(("127.0.0.1", 9), timeout=1)
except OSError as error:
    REASON = str(error)

with DAG("reaches_out", start_date=datetime(2020, 1, 1), schedule_interval=None, doc_md=REASON) as dag:
    for name in TABLES:
        DummyOperator(task_id=name)
