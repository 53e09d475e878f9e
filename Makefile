# Every target does the set-up it needs: a virtual environment in the checkout, with pinned packages.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help demo up test test-full test-long scenarios bench check lint format docs lock clean

help:  ## what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/\t/'

$(INSTALLED): constraints.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "dag2sfn needs Python 3.10 or later")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r constraints.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --editable .
	@touch $@

demo: $(INSTALLED)  ## convert, deploy and run the example on the local AWS, with the alternatives and a real Airflow
	@$(BIN)/python -m benchmarks.partial_fan_in --with-airflow

up: $(INSTALLED)  ## Airflow with the Step Functions pages, the example DAGs and the local AWS, at 127.0.0.1:8080
	@$(BIN)/python -m playground

test: $(INSTALLED)  ## all tests but those that need a browser, a running Airflow, or minutes
	$(BIN)/python -m pytest -q -n auto -m "not full" --ignore=tests/plugins
	$(BIN)/python -m pytest -q -m "not full" tests/plugins  # alone: Airflow reads its configuration once a process

test-full: $(INSTALLED)  ## the tests that `make test` leaves out
	$(BIN)/python -m pytest -q -n auto -m full --ignore=tests/plugins --ignore=tests/benchmarks
	$(BIN)/python -m pytest -q -m full tests/benchmarks tests/plugins  # one Airflow for the latter, to the end

test-long: $(INSTALLED)  ## the random tests of test-full, ten times as many: hours
	DAG2SFN_TEST_SCALE=10 $(BIN)/python -m pytest -q -n auto -m full tests/verify tests/engine/test_fuzz.py tests/expressions

scenarios: $(INSTALLED)  ## 10,000 random scenarios of generated DAGs against Airflow's semantics: minutes
	PYTHONPATH=tests/support $(BIN)/python -m many_scenarios

bench: $(INSTALLED)  ## planner: time, distance from the optimum; a DAG of 5,000 tasks; what waiting costs; the local AWS under load
	$(BIN)/python -m benchmarks.planning
	$(BIN)/python -m benchmarks.large
	$(BIN)/python -m benchmarks.pollers
	$(BIN)/python -m benchmarks.folder
	$(BIN)/python -m benchmarks.local
	$(BIN)/python -m benchmarks.comparison

check: lint  ## lint, types, architecture, generated docs, quick tests: two minutes
	$(BIN)/python -m pytest -q -n auto tests/asl tests/checks tests/expressions/test_jsonata.py tests/operators tests/packaging tests/planning tests/pollers tests/report

lint: $(INSTALLED)  ## the same without tests
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache > /dev/null
	$(BIN)/python -m docs.generate --check
	$(BIN)/python -m docs.checks_table --check

format: $(INSTALLED)  ## put the code into its form
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

docs: $(INSTALLED)  ## write the docs that are generated from the code
	$(BIN)/python -m docs.generate

lock:  ## pin the newest packages that pyproject.toml allows (needs uv)
	uv pip compile --universal --python-version 3.10 --extra dev --upgrade --no-header --no-annotate pyproject.toml -o constraints.txt

clean:  ## remove the virtual environment and what was built
	rm -rf $(VENV) build *.egg-info
