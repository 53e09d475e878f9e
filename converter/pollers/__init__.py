"""The poller Lambda function's source. It is deployed as it stands: plain Python and boto3."""

from pathlib import Path

#: The function's only source file, and the handler in it.
SOURCE = Path(__file__).with_name("dag2sfn_poller.py")
HANDLER = "dag2sfn_poller.handler"
