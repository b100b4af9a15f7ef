# The two commands of README.md. The environment is made on first use and again when pyproject.toml changes.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready

.PHONY: compare test test-all test-numerics lint bench docs clean clean-kernels

compare: $(READY)
	$(BIN)/millpond compare digits-mean --models esn,lsm,water,gru

test: $(READY) lint
	$(BIN)/python -m pytest -n auto -rs

test-all: $(READY) lint
	$(BIN)/python -m pytest -n auto -rs -m "slow or not slow"

# Readouts, capacities and papers with the BLAS kernels of another processor; those of Nehalem run on every x86-64.
test-numerics: $(READY)
	OPENBLAS_CORETYPE=Nehalem $(BIN)/python -m pytest -n auto tests/readout tests/measures tests/scenarios/test_papers.py

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: $(READY)
	$(BIN)/python -m pip install -q -e '.[peers]'
	$(BIN)/python -m benchmarks

docs: $(READY)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[docs]'
	$(BIN)/sphinx-build -q -W --keep-going -c docs/_site docs docs/_build/html
	@echo "docs/_build/html/index.html"

$(READY): pyproject.toml
	@echo "Making .venv and installing (silent, one to three minutes; the first run also compiles kernels) ..."
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check -e '.[speech,test]'
	@touch $@

clean-kernels:
	find . -name "*.nb[ci]" -delete

clean: clean-kernels
	rm -rf .venv docs/_build docs/api
