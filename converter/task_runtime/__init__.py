"""Python tasks: the Lambda function that runs them, and what can be known of them beforehand.

``dag2sfn_tasks`` is the function's own source. It is deployed as it stands, beside the author's DAG file, and
imports nothing of the converter. ``local_modules`` finds the author's modules, ``callables`` reads what a
callable's source says, ``third_party`` which distributions it needs.
"""

from pathlib import Path

#: The package that is deployed, and the handler in it.
SOURCE = Path(__file__).with_name("dag2sfn_tasks")
HANDLER = "dag2sfn_tasks.handler.handler"

#: AWS documentation, "Lambda quotas": seconds that an invocation may take, bytes of a function unzipped.
LONGEST_RUN = 900
LARGEST_FUNCTION = 250 * 1024 * 1024
#: Lambda's runtime, whatever Python the DAG file was read with.
PYTHON_VERSION = "3.12"
