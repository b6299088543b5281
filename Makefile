# Everything that a person types. `make` alone lists it.
# GNU make 4.3 or newer, a POSIX shell, Python 3.11 or newer with venv. Nothing is installed outside .venv.

PYTHON ?= python3
UV ?= uv
WORKERS ?= 4
UPGRADE ?=
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.stamp-run
DEV := $(VENV)/.stamp-dev
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
COMPILE := $(UV) pip compile --quiet $(UPGRADE) --universal --python-version 3.11 --generate-hashes \
	--no-header --no-annotate --no-emit-index-url --no-emit-find-links

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test run lint format bench schema reference requirements clean

help: ## list what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(RUN) ## the whole bridge on free ports: real sample alarms, each one's way as a table
	@$(BIN)/pinghome-bridge demo

test: $(DEV) ## the whole test suite (ARGS="-k pattern" for a part of it, WORKERS=8 for more processes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadgroup $(ARGS)

run: $(RUN) ## the whole bridge in the foreground, data in .bridge (ARGS="--port 9090" for options)
	@exec $(BIN)/pinghome-bridge up $(ARGS)

lint: $(DEV) ## style, types, import directions
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(DEV) ## put the code into its one format, and mend what can be mended
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: $(RUN) ## what accepting durably costs, and how long an alert takes, as JSON (a minute or two)
	@$(BIN)/python benchmarks/relay.py $(ARGS)

schema: $(RUN) ## write config/schema/bridge.json from the settings model
	@$(BIN)/python -c 'import json; from bridge.settings.schema import schema; \
	print(json.dumps(schema(), indent=2))' > config/schema/bridge.json.new
	@mv config/schema/bridge.json.new config/schema/bridge.json

reference: $(RUN) ## write docs/reference/pinghome-api.md from the table of operations
	@$(BIN)/python -m bridge.pinghome.reference docs/reference/pinghome-api.md

requirements: ## pin and hash requirements/*.txt anew (needs uv; UPGRADE=--upgrade takes newer versions)
	@command -v $(UV) > /dev/null || { echo 'make requirements needs uv on the PATH, or UV=/path/to/uv' >&2; exit 1; }
	$(COMPILE) requirements/build.in -o requirements/build.txt
	$(COMPILE) pyproject.toml --extra quickstart -o requirements/run.txt
	$(COMPILE) pyproject.toml --extra quickstart --group dev \
		-c requirements/run.txt -c requirements/build.txt -o requirements/dev.txt

clean: ## remove .venv, caches and build products; .bridge (your data) stays
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null || { \
		echo 'Python 3.11 or newer is needed, and $(PYTHON) is not: make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo '$(PYTHON) cannot make a virtual environment; on Debian: apt-get install python3-venv' >&2; exit 1; }

$(RUN): requirements/run.txt requirements/build.txt pyproject.toml | $(BIN)/python
	@echo 'installing what the bridge needs into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements/run.txt -r requirements/build.txt
	@$(PIP) install --no-deps --no-build-isolation -e .
	@touch $@

$(DEV): requirements/dev.txt $(RUN)
	@echo 'installing what the tests and the checks need into $(VENV) ...'
	@$(PIP) install --require-hashes -r requirements/dev.txt
	@touch $@
