"""Machines that run beside Airflow: each run starts its counterpart, and what comparing both found is kept.

``machines`` finds the machines that are deployed to run so, ``starting`` starts one for a run, ``results`` is
what is kept of a comparison and ``store`` where, ``scoring`` compares what has ended and sums up,
``documents`` shows that. What overrides change is in ``config.shadowing``; Airflow's listener, for which
``begun`` is, in ``plugins``.
"""
