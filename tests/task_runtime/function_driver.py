"""Answers events with the function in a folder; a process that has nothing but Python (``python -I -S``).

Arguments: the folder. Standard input: one event a line. Standard output: one line for each, the answer or
``{"error": class, "message": text, "trace": [...]}``.
"""

import contextlib
import importlib
import json
import sys
import traceback

sys.path.insert(0, sys.argv[1])
handler = importlib.import_module("dag2sfn_tasks.handler").handler
for line in sys.stdin:
    with contextlib.redirect_stdout(sys.stderr):
        try:
            answer = handler(json.loads(line), None)
        except Exception as error:  # noqa: BLE001 - it is the answer
            frames = traceback.format_tb(error.__traceback__)[1:]
            answer = {"error": type(error).__name__, "message": str(error), "trace": frames}
    print(json.dumps(answer), flush=True)
