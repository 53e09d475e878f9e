"""Values and expressions of a DAG → JSONata."""
