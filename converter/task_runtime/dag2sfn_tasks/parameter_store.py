"""Where Airflow's Variables are in SSM Parameter Store: where Airflow's own backend for it looks.

The default ``variables_prefix`` of the Amazon provider's SystemsManagerParameterStoreBackend.
"""

VARIABLES_PREFIX = "/airflow/variables/"
