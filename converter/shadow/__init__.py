"""Machines that run beside Airflow: each run starts its counterpart, and what comparing both found is kept.

``overriding`` says what overrides change, ``machines`` finds the machines that are deployed to run so,
``results`` is what is kept of a comparison and ``store`` where, ``scoring`` compares what has ended and sums
up. Airflow's listener, which starts the counterparts, is in ``plugins/dag2sfn_shadow``.
"""
