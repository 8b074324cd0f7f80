# asty's two commands are `make up` and `make test`; the rest serves those who work on asty.
# The first command installs everything: pip installs uv in one version, uv installs the Python packages of
# uv.lock, and the lab installs its own parts. Caches live under XDG_CACHE_HOME: a second run takes minutes less.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

export XDG_CACHE_HOME ?= $(HOME)/.cache
export XDG_STATE_HOME ?= $(HOME)/.local/state
# The system's own Python where it is new enough, else the first on PATH; uv downloads none.
PYTHON := $(shell for one in /usr/bin/python3 python3; do \
  "$$one" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && command -v "$$one" && break; done)
export UV_PYTHON := $(PYTHON)
export UV_PYTHON_PREFERENCE := only-system
export UV_PYTHON_DOWNLOADS := never
UV_VERSION := $(shell sed -n 's/^required-version = "==\(.*\)"/\1/p' pyproject.toml)
CACHE := $(XDG_CACHE_HOME)/asty
UV := $(CACHE)/uv/$(UV_VERSION)/bin/uv
RUN := $(UV) run --no-sync --quiet
SUDO := $(if $(filter-out 0,$(shell id -u)),sudo,)
PACKAGES := asty city drs infra lab monitoring network platforms snmp

.PHONY: help up down test soak check bench docs clean

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 16

up: .venv/synced ## the whole city in the lab: two OpenStack regions, devices, pollers, the promises, the dashboard
	@$(RUN) asty up

down: .venv/synced ## stop it all; what was made stays for the next `make up`
	@$(RUN) asty down

ifdef ROOM
test: .venv/synced
	@$(RUN) pytest -q "tests/$(ROOM)" -m "not lab and not fleet and not browser and not slow" --hypothesis-profile=quick $(PYTEST)
else
test: .venv/synced check ## every check and test, on a lab of their own beside a running one; ROOM=network: that folder's fast tests
	@$(RUN) python -m tests.machine
	@$(RUN) python -m tests.together $(PYTEST)
endif

soak: .venv/synced ## what takes an hour or more, such as a kill at each operation of a cloud: all of tests/soak, on a lab of its own
	@$(RUN) pytest -q tests/soak $(PYTEST)

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

.venv/synced: uv.lock pyproject.toml Makefile | $(UV)
	@echo "Python packages: as uv.lock says, into .venv, for $(PYTHON)"
	@$(UV) sync --locked --quiet
	@touch $@

$(UV):
	@test -n "$(PYTHON)" || { echo "python3: 3.11 or newer is needed. As root: apt-get install python3" >&2; exit 1; }
	@echo "uv $(UV_VERSION): installs the Python packages; pip puts it into $(CACHE)/uv"
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "python3-venv: needed to install uv; asking apt for it"; \
	  $(SUDO) apt-get update -qq && $(SUDO) apt-get install -y -qq --no-install-recommends python3-venv >/dev/null || { \
	    echo "python3-venv could not be installed. As root: apt-get install python3-venv; then run make again." >&2; exit 1; }; }
	@$(PYTHON) -m venv "$(CACHE)/uv/$(UV_VERSION)"
	@"$(CACHE)/uv/$(UV_VERSION)/bin/pip" install --quiet --disable-pip-version-check "uv==$(UV_VERSION)"
