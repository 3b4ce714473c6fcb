# Everything needs Python >= 3.11 and make; the rest comes from the lock file into .venv.
PYTHON ?= $(shell for p in python3 python3.12 python3.11 python3.13; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && exit; done; echo python3)
BIN := .venv/bin
DEMO ?=
PREFIX ?= $(HOME)/.local
PYTEST ?=

.DEFAULT_GOAL := help
BENCH ?=
WORKERS ?= 2

.PHONY: help setup demo test check bench soak lock kn-plugin clean

help:  ## show this
	@echo "make TARGET, where TARGET is one of:"
	@sed -n 's/^\([a-z-]*\):.*  ## \(.*\)/\1|\2/p' Makefile | while IFS='|' read -r name what; do printf '  %-9s %s\n' "$$name" "$$what"; done

setup: .venv/.ready  ## make .venv with every extra, from the lock

.venv/.ready: infra/requirements.lock infra/install.py pyproject.toml
	@python="$(PYTHON)"; command -v "$$python" >/dev/null || { \
		echo "setup: expected Python >= 3.11 as $$python, was not found: make setup PYTHON=/path/to/python3" >&2; exit 1; }; \
	"$$python" infra/install.py
	@touch $@

demo: setup  ## everything there is, on this machine; Ctrl-C stops it (DEMO="--speed 60 FILE")
	@$(BIN)/tapedeck demo $(DEMO)

# Two at a time, file by file: most tests wait for a server, and each worker has servers of its own.
test: setup  ## every test (PYTEST="tests/unit -q" for some, WORKERS=0 for one at a time)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(PYTEST)

check: setup  ## format, lint, types, import rules
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

bench: setup  ## speed and memory, as ratios within one run (BENCH="ingest query" for some)
	@$(BIN)/python -m tests.bench $(BENCH)

soak: setup  ## the long runs: faults, memory
	@$(BIN)/python -m tests.soak

lock: setup  ## resolve the dependencies anew
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-package tapedeck --extra all pyproject.toml -o infra/requirements.lock

kn-plugin:  ## make `kn service deploy` work: a link in PREFIX/bin (~/.local/bin)
	@mkdir -p "$(PREFIX)/bin"
	@ln -sf "$(CURDIR)/knative/kn-service-deploy" "$(PREFIX)/bin/kn-service-deploy"
	@echo "kn-plugin: $(PREFIX)/bin/kn-service-deploy"
	@case ":$$PATH:" in *":$(PREFIX)/bin:"*) ;; *) echo "kn-plugin: $(PREFIX)/bin is not on PATH: kn will not find it there" >&2;; esac

clean:  ## remove .venv, caches and all data under .tapedeck (services are stopped first)
	@test ! -x $(BIN)/tapedeck || $(BIN)/tapedeck services down
	rm -rf .venv .tapedeck .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache dist
