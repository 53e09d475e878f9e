"""The Lambda function that starts a DAG's runs, deployed as it stands: plain Python and boto3.

``timetable`` says when runs are due and for which data interval, as Airflow's timetables do; ``handler``
starts them.
"""
