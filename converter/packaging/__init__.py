"""Machine → Bundle: the folder that is deployed.

``bundle`` writes it, ``manifest`` says what it is, ``template`` is its CloudFormation stack (made of
``machines``, ``functions`` and ``settings``), ``policies`` what its roles are allowed, ``archive`` its
functions as zip files, ``yaml_text`` the writer for people.
"""

from converter.packaging.archive import function_zip
from converter.packaging.bundle import write_bundle, write_report
from converter.packaging.child_machines import CHILDREN_PREFIX
from converter.packaging.manifest import (
    CHILDREN,
    DEFINITION,
    FUNCTIONS,
    OUTER_DEFINITION,
    REPORT,
    TEMPLATE,
    Manifest,
    ManifestTask,
    read_manifest,
)
from converter.packaging.settings import default_settings
from converter.packaging.template import FUNCTION_KEYS, OUTER_KEY

__all__ = [
    "CHILDREN",
    "CHILDREN_PREFIX",
    "DEFINITION",
    "FUNCTIONS",
    "FUNCTION_KEYS",
    "OUTER_DEFINITION",
    "OUTER_KEY",
    "REPORT",
    "TEMPLATE",
    "Manifest",
    "ManifestTask",
    "default_settings",
    "function_zip",
    "read_manifest",
    "write_bundle",
    "write_report",
]
