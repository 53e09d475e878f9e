"""What flows between tasks in a scenario: what chance gives tasks to push, and what others then receive.

The run's input, what tasks return and push, and the lists that others are expanded over are drawn
(``drawing``), in the shapes that the DAG's templates ask for (``wanted``). What each task receives is then
worked out as Airflow does, with Jinja itself (``rendering``), and held against what the machine hands to the
service or to the function (``judging``). Nothing here knows how templates become JSONata.
"""
