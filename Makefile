# Authors: The sklearn-sales developers
# SPDX-License-Identifier: BSD-3-Clause
#
# make demo         forecast the embedded sample of real sales into demo_output/
# make test         run the tests and doctests
# make test-oldest  the same on the oldest versions that pyproject.toml allows
# make test-sktime  the tests that need sktime, in an environment of its own
# make test-ray     the tests of a cluster of ray, likewise
# make lint         ruff and mypy
# make bench        time and memory beside other libraries; with DATA_DIR=FOLDER, errors
#                   on real sales as well; BENCH_VENV=FOLDER is the environment
# make league       errors and cost of the default stack beside other libraries, on the
#                   real sales in DATA_DIR=FOLDER; what has not changed is not run again
# make fuzz         hostile tables and broken files, 20,000 cases of each kind
# make docs         build the documentation, warnings are errors
# make browser      install chromium, which opens the report in the tests, with apt-get
# make deep         install what the tests need, with the pinned torch
# make clean        remove what these targets wrote; environments stay
#
# Every target installs what it needs into the active virtual environment, or into
# .venv if none is active. A stamp for each set of requirements makes a second run quick.

PYTHON ?= python3
OLDEST_PYTHON ?= $(PYTHON)
PYTEST_WORKERS ?= auto
PYTEST_ARGS ?=
DATA_DIR ?=
LEAGUE_ARGS ?=
ACCURACY := ablations cleaning conformal foundation grid_search lag_pipeline lstm_accuracy stack
ACCURACY := $(ACCURACY) sktime_stack
ACCURACY := $(ACCURACY:%=benchmarks/bench_%.py)
SPEED := $(filter-out $(ACCURACY),$(sort $(wildcard benchmarks/bench_*.py)))
BENCH_VENV ?= .venv-bench
BENCHMARKS ?= $(SPEED) $(if $(DATA_DIR),$(ACCURACY))

VENV := $(or $(VIRTUAL_ENV),.venv)
BIN := $(VENV)/bin
PIP := -m pip --disable-pip-version-check install --quiet

.DELETE_ON_ERROR:
.PHONY: demo test test-oldest test-sktime test-ray lint bench league fuzz docs deep browser clean

demo: $(VENV)/.stamp-demo
	$(BIN)/sklearn-sales demo --output demo_output --report demo_output/report.html

test: $(VENV)/.stamp-test
	$(BIN)/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(PYTEST_ARGS)

test-oldest: .venv-oldest/.stamp-oldest
	.venv-oldest/bin/python -m pytest -n $(PYTEST_WORKERS) --dist worksteal $(PYTEST_ARGS)

test-sktime: .venv-sktime/.stamp-sktime
	.venv-sktime/bin/python -m pytest -n $(PYTEST_WORKERS) $(PYTEST_ARGS) \
		sklearn_sales/interop sklearn_sales/model_selection/_sktime_split.py \
		tests/test_sktime_*.py tests/test_to_sktime.py docs/user_guide/sktime.rst
	.venv-sktime/bin/python -m pytest -n $(PYTEST_WORKERS) $(PYTEST_ARGS) \
		tests/test_common.py tests/test_user_guide.py -k "SktimeRegressor or plot_sktime"

test-ray: .venv-ray/.stamp-ray
	.venv-ray/bin/python -m pytest $(PYTEST_ARGS) tests/test_ray.py

lint: $(VENV)/.stamp-lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# A missed bar fails at the end: the rest is measured all the same.
bench: $(BENCH_VENV)/.stamp-bench
	@missed=""; for script in $(BENCHMARKS); do \
		echo "== $$script"; \
		data="$(if $(DATA_DIR),--data-dir $(DATA_DIR))"; \
		case " $(SPEED) " in *" $$script "*) data="";; esac; \
		$(BENCH_VENV)/bin/python $$script $$data || missed="$$missed $$script"; \
	done; \
	if [ -n "$$missed" ]; then echo "missed:$$missed"; exit 1; fi

league: $(BENCH_VENV)/.stamp-bench
	@test -n "$(DATA_DIR)" || { echo "make league needs DATA_DIR=FOLDER"; exit 1; }
	$(BENCH_VENV)/bin/python benchmarks/league.py --data-dir $(DATA_DIR) $(LEAGUE_ARGS)

FUZZ_CASES ?= 20000
READERS := csv csv.gz parquet estimator schema log

# atheris has wheels for some releases of Python only: the tests do without it.
fuzz: $(VENV)/.stamp-test
	$(BIN)/python $(PIP) atheris
	$(BIN)/python tests/fuzz/run_fuzz.py --cases $(FUZZ_CASES)
	for reader in $(READERS); do \
		$(BIN)/python tests/fuzz/fuzz_readers.py $$reader $(FUZZ_CASES) || exit 1; \
	done

docs: $(VENV)/.stamp-docs
	$(BIN)/python -m sphinx -W --keep-going -b html docs docs/_build/html
	@echo "The documentation lies in docs/_build/html/index.html"

deep: $(VENV)/.stamp-test

# Where it is missing and cannot be installed, its tests are not collected.
browser:
	@if command -v chromium > /dev/null; then \
		echo "The report is tested in $$(command -v chromium)"; \
	elif command -v apt-get > /dev/null && test "$$(id -u)" = 0; then \
		echo "Installing chromium to test the report in it"; \
		export DEBIAN_FRONTEND=noninteractive; \
		{ apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; } \
			> /dev/null || echo "chromium cannot be installed: its tests are left out"; \
	else \
		echo "No chromium, and no right to install it: its tests are left out"; \
	fi

clean:
	rm -rf build dist demo_output
	rm -rf .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -rf docs/_build docs/auto_examples docs/generated docs/sg_execution_times.rst
	find sklearn_sales tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

# An environment is made once; its stamps follow pyproject.toml and requirements/.
%/bin/python:
	$(PYTHON) -m venv $*

$(VENV)/.stamp-demo: pyproject.toml | $(BIN)/python
	$(BIN)/python $(PIP) -e ".[plot,holidays]"
	@touch $@

$(VENV)/.stamp-test: pyproject.toml requirements/deep.txt | $(BIN)/python
	$(BIN)/python $(PIP) -r requirements/deep.txt -e ".[deep,foundation,chronos,test]"
	@touch $@

$(VENV)/.stamp-lint: pyproject.toml requirements/lint.txt | $(BIN)/python
	$(BIN)/python $(PIP) -r requirements/lint.txt -e .
	@touch $@

$(VENV)/.stamp-docs: pyproject.toml requirements/deep.txt | $(BIN)/python
	$(BIN)/python $(PIP) -r requirements/deep.txt -e ".[deep,foundation,docs]"
	@touch $@

.venv-oldest/.stamp-oldest: pyproject.toml requirements/oldest.txt
	test -x .venv-oldest/bin/python || $(OLDEST_PYTHON) -m venv .venv-oldest
	.venv-oldest/bin/python $(PIP) -r requirements/oldest.txt -e ".[test]"
	@touch $@

# sktime holds pandas below 3.1.
.venv-sktime/.stamp-sktime: pyproject.toml | .venv-sktime/bin/python
	.venv-sktime/bin/python $(PIP) -e ".[sktime,test]"
	@touch $@

.venv-ray/.stamp-ray: pyproject.toml | .venv-ray/bin/python
	.venv-ray/bin/python $(PIP) -e ".[ray,test]"
	@touch $@

# Peers hold pandas back: in an environment of their own they hold back nothing else.
$(BENCH_VENV)/.stamp-bench: pyproject.toml requirements/deep.txt | $(BENCH_VENV)/bin/python
	$(BENCH_VENV)/bin/python $(PIP) -r requirements/deep.txt -e ".[bench]"
	@touch $@
