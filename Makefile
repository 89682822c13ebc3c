# `make demo` and `make test` need Python 3.11 or newer, make and a package index; the rest goes into .venv.
PYTHON ?= python3
PYTEST_ARGS ?= -n auto

BIN := .venv/bin
# A strict editable install: type checkers can follow it, and geobias.cli and geobias.encoders too.
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt \
	--config-settings editable_mode=strict -e
# What an install depends on. It links the files one by one, so it is made again when one comes or goes.
SOURCES := .venv/created pyproject.toml constraints.txt build/files

.PHONY: demo test examples lint types docs clean FORCE
.NOTPARALLEL:

demo: build/engine
	$(BIN)/geobias inspect examples/predictions.parquet
	$(BIN)/geobias score examples/predictions.parquet --correct even --correct uneven \
		--scale 100km --scale 1000km --scale knn:100 --permutations 199

# The tests, and the examples in the docstrings of the installed package. Several processes share the
# cores, so each keeps to one thread.
test: build/test
	NUMBA_NUM_THREADS=1 OMP_NUM_THREADS=1 $(BIN)/pytest $(PYTEST_ARGS) --doctest-modules --pyargs ./tests geobias

# Runs the notebooks and stores them with their outputs; the tests compare what they print.
examples: build/test
	$(BIN)/python examples/run.py

lint: build/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

# Started beside the installed package, so that the top of the repository is not taken for it.
types: build/dev
	cd .venv && bin/mypy --config-file ../pyproject.toml -p geobias

# All pages are read and their cells run every time: what they show is what the code does now.
docs: build/sphinx
	$(BIN)/sphinx-build --fresh-env --fail-on-warning --keep-going --jobs auto --quiet \
		--doctree-dir build/doctrees docs build/docs
	@echo "Open build/docs/index.html"

clean:
	rm -rf .venv build dist *.egg-info .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find geobias encoders cli tests benchmarks examples docs -name __pycache__ -prune -exec rm -rf {} + 2>/dev/null || true

.venv/created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "geobias needs Python 3.11 or newer. Name one: make PYTHON=python3.12")'
	$(PYTHON) -m venv --clear .venv
	@touch $@

build/files: FORCE
	@mkdir -p build
	@find geobias encoders cli -type f ! -path '*/__pycache__/*' | LC_ALL=C sort > $@.new
	@cmp -s $@.new $@ || cp $@.new $@

build/engine: $(SOURCES)
	@echo "Installing geobias into .venv (the first time takes a minute or two)"
	@$(INSTALL) .
	@touch $@

build/test: $(SOURCES)
	@echo "Installing geobias and its tests into .venv (the first time takes a minute or two)"
	@$(INSTALL) '.[test]'
	@touch build/engine $@

build/dev: $(SOURCES)
	@echo "Installing geobias, its tests and the checkers into .venv"
	@$(INSTALL) '.[test,dev]'
	@touch build/engine build/test $@

build/sphinx: $(SOURCES)
	@echo "Installing geobias and what builds the documentation into .venv"
	@$(INSTALL) '.[docs]'
	@touch build/engine $@
