# Two commands are enough: `make run` and `make test`. Each sets up everything it needs on first use.
SHELL := /bin/sh
export UV_PYTHON_DOWNLOADS := never
export PYTHONDONTWRITEBYTECODE := 1

PYTHON := $(shell for p in python3.12 python3.11 python3 python; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 12))' 2>/dev/null && { echo $$p; break; }; done)
UV := $(shell command -v uv || echo .uv/bin/uv)
BIN := .venv/bin
DATA ?=
ARGS ?=

.PHONY: help run dashboard test test-all test-unit coverage lint style types format docs dbt mf bench bench-ingest bench-forecasts bench-leak bench-drift stop clean

help:  ## Show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.uv/ready:
	@test -n "$(PYTHON)" || { echo "Shelfcast needs Python 3.11 or 3.12; install one and try again."; exit 1; }
	@command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install -q uv; } || \
		{ echo "uv could not be installed; on Debian and Ubuntu install python3-venv, then try again."; exit 1; }
	@mkdir -p .uv && touch $@

.venv/ready: pyproject.toml uv.lock | .uv/ready
	@echo "Installing from uv.lock (about 2.3 GB, once) ..."
	@$(UV) sync --frozen --no-dev --inexact --quiet --python $(PYTHON)
	@touch $@

.venv/ready-dev: pyproject.toml uv.lock | .uv/ready
	@echo "Installing from uv.lock, tools of the tests included ..."
	@$(UV) sync --frozen --all-groups --quiet --python $(PYTHON)
	@touch .venv/ready $@

run: .venv/ready  ## Run everything: on the sample, on data/raw, or on DATA=folder
	@$(BIN)/shelfcast run $(if $(DATA),--data "$(DATA)") $(ARGS)

dashboard: .venv/ready  ## Open the dashboard on http://127.0.0.1:8501
	@$(BIN)/shelfcast dashboard $(ARGS)

TESTS := -m pytest --numprocesses 2 --dist loadfile --no-loadscope-reorder --durations 25

test: .venv/ready-dev lint  ## Run lint and one test of every claim
	@$(BIN)/python $(TESTS) -m "not exhaustive" $(ARGS)

test-all: .venv/ready-dev lint  ## Run lint and all tests: every kill, and the run on the real data
	@$(BIN)/python $(TESTS) $(ARGS)

test-unit: .venv/ready-dev  ## Run the tests that need no server
	@$(BIN)/python -m pytest tests/unit $(ARGS)

coverage: .venv/ready-dev  ## Measure which lines the unit tests reach: a table, and pages under htmlcov/
	@$(BIN)/python -m pytest tests/unit --numprocesses 2 --cov --cov-report term:skip-covered --cov-report html $(ARGS)
	@echo "Line by line: htmlcov/index.html"

lint: .venv/ready-dev  ## Check style and types of Python, and style of SQL
	@$(MAKE) --no-print-directory --jobs 2 style types .venv/sql-linted

style: .venv/ready-dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: .venv/ready-dev
	@$(BIN)/mypy

# All of the SQL takes a while, so it is only checked again once some of it has changed.
.venv/sql-linted: pyproject.toml $(shell find dbt_project -name '*.sql' -not -path '*/target/*') | .venv/ready-dev
	@$(BIN)/sqlfluff lint --disable-progress-bar dbt_project
	@touch $@

format: .venv/ready-dev  ## Format the code
	@$(BIN)/ruff check --fix . ; $(BIN)/ruff format .

docs: .venv/ready  ## Build the dbt docs site
	@$(BIN)/shelfcast docs

dbt: .venv/ready  ## Run dbt against the warehouse, for instance ARGS="build -s +fct_forecasts"
	@$(BIN)/shelfcast dbt -- $(ARGS)

mf: .venv/ready  ## Ask for metrics, for instance ARGS="query --metrics total_sales --group-by store__store_type"
	@$(BIN)/shelfcast mf -- $(ARGS)

bench: .venv/ready  ## Measure the pipeline on DATA=folder
	@$(BIN)/python bench/bench_pipeline.py $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-ingest: .venv/ready  ## Measure ingest, audit, publication and features of generated rows, and of DATA=folder
	@$(BIN)/python bench/bench_ingest.py $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-forecasts: .venv/ready-dev  ## Compare forecasts with those of other libraries, on DATA=folder or all data there is
	@$(BIN)/python bench/bench_forecasts.py $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-leak: .venv/ready-dev  ## Show on DATA=folder what an evaluation that leaks is worth
	@$(BIN)/python bench/leaking_evaluation.py $(if $(DATA),--data "$(DATA)") $(ARGS)

bench-drift: .venv/ready-dev  ## Measure on DATA=folder how far honest loads drift, and which faults the audit finds
	@$(BIN)/python bench/bench_drift.py $(if $(DATA),--data "$(DATA)") $(ARGS)

stop:  ## Stop the embedded Postgres
	@$(BIN)/shelfcast stop

clean: stop  ## Stop the server and remove everything that was made
	rm -rf .shelfcast .venv .uv .pytest_cache .mypy_cache .ruff_cache .coverage htmlcov dbt_project/target dbt_project/logs
