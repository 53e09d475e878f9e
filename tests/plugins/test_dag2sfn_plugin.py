from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

LOADED = """
import json, sys
from airflow import plugins_manager
plugin = next(plugin for plugin in plugins_manager._get_plugins()[0] if plugin.name == "dag2sfn")
apps = [app for app in plugins_manager.get_fastapi_plugins()[0] if app["name"] == "dag2sfn"]
pages = next(module for name, module in sys.modules.items() if name.endswith("dag2sfn_pages.bundles"))
print(json.dumps({
    "source": str(plugin.source),
    "pages": pages.__file__,
    "apps": [app["url_prefix"] for app in apps],
    "react_apps": plugins_manager._get_ui_plugins()[1],
    "other_plugins": [name for name in ("api", "app", "bundles", "airflow_dags") if name in sys.modules],
    "import_errors": plugins_manager.get_import_errors(),
}))
"""

IMPORTED = """
import json, sys
from airflow import plugins_manager
before = set(sys.modules)
sys.path.insert(0, sys.argv[1])
import dag2sfn_plugin
plugin = dag2sfn_plugin.Dag2SfnPlugin()
print(json.dumps({"modules": sorted(set(sys.modules) - before)}))
"""


#: What a scheduler, a DAG processor, a triggerer and a task ask of plugins.
ASKED = """
import json, sys, time
from airflow import plugins_manager as core
from airflow.listeners.listener import get_listener_manager
from airflow.sdk import plugins_manager as task
asked = [
    core.ensure_plugins_loaded, core.get_operator_extra_links, core.get_global_operator_extra_links,
    core.get_timetables_plugins, core.get_priority_weight_strategy_plugins, core.integrate_macros_plugins,
    lambda: core.integrate_listener_plugins(get_listener_manager()),
    task.integrate_macros_plugins, lambda: task.integrate_listener_plugins(get_listener_manager()),
    task.get_hook_lineage_readers_plugins,
]
loaded = 0.0
def counted(run):
    global loaded
    begin = time.process_time()
    run()
    loaded += time.process_time() - begin
from airflow._shared.module_loading import metadata  # the standard library's, or its backport
load = metadata.EntryPoint.load
def timed(self):
    if self.name != "dag2sfn":
        return load(self)
    found = []
    counted(lambda: found.append(load(self)))
    return found[0]
metadata.EntryPoint.load = timed
for one in asked:
    one()
names = [plugin.name for plugin in core._get_plugins()[0]]
print(json.dumps({
    "is_loaded": "dag2sfn" in names,
    "seconds": loaded,
    "pages": [name for name in sys.modules if "dag2sfn_pages" in name or name.startswith("converter")],
}))
"""


@pytest.fixture
def in_airflow(tmp_path: Path, airflow_environment: Any) -> Callable[..., Any]:
    """Run Python code in an Airflow process of its own; return the JSON that it prints last."""

    def run(code: str, *arguments: str, **settings: str) -> Any:
        done = subprocess.run(
            [sys.executable, "-c", code, *arguments],
            env=airflow_environment(tmp_path / "home", **settings),
            cwd=tmp_path,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_it_loads_from_a_copy_in_the_plugins_folder(
    in_airflow: Callable[..., Any], tmp_path: Path, plugins_folder: Path
) -> None:
    copy = tmp_path / "home" / "plugins"
    shutil.copytree(plugins_folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    loaded = in_airflow(LOADED)
    assert loaded["source"] == "$PLUGINS_FOLDER/dag2sfn_plugin.py"
    assert loaded["pages"] == str(copy / "dag2sfn_pages" / "bundles.py")
    assert loaded["apps"] == ["/dag2sfn"]
    assert loaded["other_plugins"] == []


def test_it_loads_by_entry_point_and_adds_one_page_to_the_navigation(
    in_airflow: Callable[..., Any], plugins_folder: Path
) -> None:
    loaded = in_airflow(LOADED)
    assert "plugins.dag2sfn_plugin:Dag2SfnPlugin" in loaded["source"]
    assert loaded["pages"] == str(plugins_folder / "dag2sfn_pages" / "bundles.py")
    assert loaded["apps"] == ["/dag2sfn"]
    assert loaded["import_errors"] == {}
    pages = {page["destination"]: page for page in loaded["react_apps"]}
    assert set(pages) == {"nav", "dag", "dag_run", "task_instance"}
    assert {page["name"] for page in pages.values()} == {"Step Functions"}
    assert {page["bundle_url"] for page in pages.values()} == {"/dag2sfn/static/step_functions.js"}
    assert len({page["url_route"] for page in pages.values()}) == 4


def test_its_files_are_found_behind_a_reverse_proxy(in_airflow: Callable[..., Any]) -> None:
    page, *_ = in_airflow(LOADED, AIRFLOW__API__BASE_URL="https://example.org/airflow/")["react_apps"]
    assert page["bundle_url"] == "/airflow/dag2sfn/static/step_functions.js"


def test_importing_it_costs_other_airflow_processes_next_to_nothing(
    in_airflow: Callable[..., Any], plugins_folder: Path
) -> None:
    imported = in_airflow(IMPORTED, str(plugins_folder))
    assert imported["modules"] == ["dag2sfn_plugin"]


def test_schedulers_and_tasks_import_the_plugin_alone_within_100_ms(in_airflow: Callable[..., Any]) -> None:
    asked = in_airflow(ASKED)
    assert (asked["is_loaded"], asked["pages"]) == (True, [])
    # Of the process's own time; 2 ms were measured.
    assert 0 < asked["seconds"] < 0.1


def test_a_broken_aws_configuration_does_not_stop_airflow(
    in_airflow: Callable[..., Any], tmp_path: Path
) -> None:
    broken = tmp_path / "config"
    broken.write_text("[default\nregion = = none")
    loaded = in_airflow(
        LOADED,
        AIRFLOW_CONN_AWS_DEFAULT="{no connection",
        AWS_CONFIG_FILE=str(broken),
        AWS_ENDPOINT_URL="nowhere",
        AWS_PROFILE="of_nobody",
        AWS_DEFAULT_REGION="",
    )
    assert (loaded["apps"], len(loaded["react_apps"])) == (["/dag2sfn"], 4)


def test_pages_that_cannot_be_imported_do_not_stop_airflow(
    in_airflow: Callable[..., Any], tmp_path: Path, plugins_folder: Path
) -> None:
    copy = tmp_path / "home" / "plugins"
    shutil.copytree(plugins_folder, copy, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "dag2sfn_pages" / "app.py").write_text("import no_such_package")
    names = (
        "import json; from airflow import plugins_manager as p; print(json.dumps(p.get_fastapi_plugins()[0]))"
    )
    assert in_airflow(names) == []
