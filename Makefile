# Everything needs Python >= 3.11 and make; the rest comes from the lock file into .venv.
PYTHON ?= python3
BIN := .venv/bin
DEMO ?=

.PHONY: setup demo test check bench soak lock clean

setup: .venv/.ready  ## make .venv with every extra, from the lock

.venv/.ready: infra/requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and f"Tapedeck needs Python >= 3.11, was {sys.version.split()[0]} (make PYTHON=python3.12)")'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r infra/requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

demo: setup  ## everything there is, on this machine (Ctrl-C stops it)
	@$(BIN)/tapedeck demo $(DEMO)

test: setup  ## every test
	@$(BIN)/python -m pytest $(PYTEST)

check: setup  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup  ## speed and memory, as ratios within one run
	@$(BIN)/python -m tests.bench

soak: setup  ## the long runs: faults, memory
	@$(BIN)/python -m tests.soak

lock: setup  ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-package tapedeck --extra all pyproject.toml -o infra/requirements.lock

clean:  ## remove .venv, caches and all data under .tapedeck (services are stopped first)
	@test ! -x $(BIN)/tapedeck || $(BIN)/tapedeck services down
	rm -rf .venv .tapedeck .pytest_cache .mypy_cache .ruff_cache .hypothesis dist
