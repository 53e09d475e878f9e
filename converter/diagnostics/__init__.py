"""Every message about a DAG or a file. ``docs/diagnostics.md`` is generated from here.

Codes are stable: a code that is given up is not used again. Each is a name of this package.
"""

# ruff: noqa: F403
from converter.diagnostics.checking import *
from converter.diagnostics.comparing import *
from converter.diagnostics.configuring import *
from converter.diagnostics.converting import *
from converter.diagnostics.dates import *
from converter.diagnostics.deploying import *
from converter.diagnostics.mapping import *
from converter.diagnostics.model import *
from converter.diagnostics.operators import *
from converter.diagnostics.planning import *
from converter.diagnostics.python_tasks import *
from converter.diagnostics.reading import *
from converter.diagnostics.scheduling import *
from converter.diagnostics.sensing import *
from converter.diagnostics.shadowing import *
from converter.diagnostics.verifying import *
from converter.diagnostics.whole_folders import *
