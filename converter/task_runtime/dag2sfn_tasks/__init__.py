"""The Lambda function that runs the Python and Bash tasks of one DAG, from the author's own DAG file.

The file is imported with a stand-in for Airflow that records operators instead of running anything
(``stand_ins``, ``names``, ``dags``, ``operators``, ``taskflow``, ``references``, ``inert``). A task is then
found by its id and run as Airflow's worker would (``running``, ``context``, ``templates``, ``bash``,
``branching``); large XComs are kept in S3, or refused (``xcoms``). Plain Python; Jinja is needed only for
templates, boto3 only for Variables and XComs in S3.
"""
