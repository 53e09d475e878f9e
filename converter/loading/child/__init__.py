"""What runs in the process that imports Airflow and the DAG files. Nothing outside imports from here.

``main`` speaks to the parent; ``discovery`` finds the files of a folder; ``dag_file`` imports one file;
``stand_ins`` give the file what it needs and what is not there; ``construction`` notes where it makes its
DAGs and tasks; ``workflows``, ``tasks`` and ``values`` turn Airflow's objects into the converter's model.
"""
