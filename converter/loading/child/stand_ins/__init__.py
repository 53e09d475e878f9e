"""What stands in for things that a DAG file needs in order to be read, and that are not there.

DAG files outlive the Airflow that they were written for. Here a file of Airflow 1.10 or 2 finds, unedited,
what it imports and calls; each stand-in that it needed is noted, with what to write today.

- ``imports`` lets import statements succeed (``statements`` says which may fail); ``names`` finds what a
  name is today: in the tables of ``moved``, among the functions of ``removed``, else it is ``missing``.
- ``missing`` gives an operator class that keeps its arguments (``unmapped``), or an object that does nothing
  and leaves a trace (``unknown``).
- ``constructors`` lets DAG and operators take old arguments: ``arguments`` translates them by
  ``old_arguments``.
- ``variables`` answers for Variable and Connection, with a template in place of a value (``placeholders``).
- ``network`` closes the network; ``ledger`` notes what was needed; ``installation`` puts all of it in place.
"""
