# asty's two commands are `make up` and `make test`; the rest serves those who work on it.
# Everything is installed by the first of them: uv by pip, Python packages by uv.lock, the lab's own
# parts by the lab. Caches live under XDG_CACHE_HOME, so that a second run takes minutes less.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export XDG_CACHE_HOME ?= $(HOME)/.cache
export XDG_STATE_HOME ?= $(HOME)/.local/state
export UV_PYTHON_DOWNLOADS := never
CACHE := $(XDG_CACHE_HOME)/asty
UV := $(or $(shell command -v uv),$(CACHE)/uv/bin/uv)
RUN := $(UV) run --frozen --quiet
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo,)
PACKAGES := asty city drs infra lab monitoring network snmp

.PHONY: help up down test check bench docs clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

up: .venv/synced ## the whole city in the lab: two OpenStack regions, devices, pollers, the four promises, the dashboard
	@$(RUN) asty up

down: .venv/synced ## stop it all; what was made stays for the next `make up`
	@$(RUN) asty down

test: .venv/synced check ## every check and test, on a lab of their own beside a running one
	@$(RUN) python -m tests.machine
	@$(RUN) python -m tests.together $(PYTEST)

check: .venv/synced ## format, lint, types, directions of imports
	@$(RUN) ruff format --check --quiet .
	@$(RUN) ruff check --quiet .
	@$(RUN) mypy $(addprefix -p ,$(PACKAGES)) -p tests
	@$(RUN) lint-imports --no-logo

bench: .venv/synced ## measure beside the peers and write docs/benchmarks.md
	@$(RUN) python -m tests.bench

docs: .venv/synced ## draw the architecture from the imports, and say which manual page is out of date
	@$(RUN) python -m tests.docs.architecture
	@$(RUN) pytest -q tests/docs -m "not lab"

clean: ## forget the virtual environment (caches and the lab's state stay)
	@rm -rf .venv

.venv/synced: uv.lock pyproject.toml | $(UV)
	@echo "Python packages: as uv.lock says, into .venv"
	@$(UV) sync --frozen --quiet
	@touch $@

$(CACHE)/uv/bin/uv:
	@echo "uv: installs the Python packages; not found on PATH, so by pip into $(CACHE)/uv"
	@python3 -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "python3-venv: needed to install uv; asking apt for it"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends python3-venv >/dev/null || { \
	    echo "It could not be installed. As root: apt-get install python3-venv; then run make again." >&2; exit 1; }; }
	@python3 -m venv $(CACHE)/uv
	@$(CACHE)/uv/bin/pip install --quiet --disable-pip-version-check uv
