.DEFAULT_GOAL := help
.PHONY: help setup locks demo dev migration test unit faults fuzz claims soak lint contracts publish docs format bench up down clean
# The distribution's own Python, where it is new enough and can make environments: one that stands before it on PATH may
# be built without optimization, and take a third longer for everything.
PYTHON3 ?= $(shell /usr/bin/python3 -c 'import ensurepip, sys; assert sys.version_info >= (3, 11); print(sys.executable)' 2>/dev/null || echo python3)
PYTHON := .venv/bin/python
# a hundred processes are started from the same files: each is compiled once, wherever others say otherwise
export PYTHONDONTWRITEBYTECODE :=
# uv brings the packages in a fifth of pip's time, but does not read pip's settings of a machine: there pip does it
PIP := $(PYTHON) -m pip install -q --disable-pip-version-check --require-hashes
LOCK := pip compile -q --universal --generate-hashes --no-header $(ARGS)
APT := $(if $(filter 0,$(shell id -u)),,sudo )apt-get

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.venv/installed: requirements-uv.lock requirements-dev.lock
	@$(PYTHON3) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Peduli needs Python 3.11 or newer: make PYTHON3=/where/it/is")'
	@$(PYTHON3) -c 'import ensurepip, venv' 2>/dev/null || { $(APT) update -qq && $(APT) install -y -qq --no-install-recommends python3-venv; }
	@test -x .venv/bin/pip || $(PYTHON3) -m venv --clear .venv
	@echo "installing Python packages into .venv" >&2
	@$(PIP) -r requirements-uv.lock
	@.venv/bin/uv pip install -q --python $(PYTHON) --require-hashes -r requirements-dev.lock || { echo "pip goes on without uv" >&2; $(PIP) -r requirements-dev.lock; }
	@touch $@

setup: .venv/installed ## install Python packages into .venv from the hashed lock

locks: setup ## pin packages anew within what pyproject.toml allows, with hashes: ARGS="--upgrade" for the newest
	.venv/bin/uv $(LOCK) pyproject.toml -o requirements.lock
	.venv/bin/uv $(LOCK) pyproject.toml --extra dev -o requirements-dev.lock
	.venv/bin/uv $(LOCK) --group installer -o requirements-uv.lock

demo: setup ## play the whole journey on real servers; ARGS="--no-wait --json" without a person
	@$(PYTHON) -m peduli demo $(ARGS)

test: lint ## install, lint and run all tests on real servers
	$(PYTHON) -c "from peduli.servers.private import install_missing; install_missing(print)"
	$(PYTHON) -m pytest -n 4 --dist worksteal

dev: setup ## private servers and the three services, until Ctrl-C
	@$(PYTHON) -m peduli dev

migration: ## an empty migration: make migration service=purchases name=create_things
	@printf -- "-- migrate:up\n\n-- migrate:down\n" > services/$(service)/migrations/$$(date -u +%Y%m%d%H%M%S)_$(name).sql

unit: setup ## only the fast tests that need no server
	$(PYTHON) -m pytest tests/unit

faults: setup ## kill and restart everything under load, in the short form
	$(PYTHON) -m pytest tests/faults

fuzz: setup ## a hundred thousand odd messages, each accounted for: ARGS="--messages 100000 --seed 1"
	@$(PYTHON) -m tests.support.fuzz $(ARGS)

claims: setup ## a million claims of the same goods by eight workers, none twice: ARGS="--claims 1000000 --workers 8"
	@$(PYTHON) -m tests.support.claims $(ARGS)

soak: setup ## the long form of the faults: ARGS="--rounds 10 --seed 1"
	@$(PYTHON) -m tests.support.soak $(ARGS)

lint: setup ## ruff, mypy --strict, import rules, migrations, spelling
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/squawk services/*/migrations/*.sql shared/*/migrations/*.sql services/reporting/views*.sql
	.venv/bin/codespell

contracts: setup ## write the generated contract anew: schemas, AsyncAPI, OpenAPI
	$(PYTHON) -m shared.contracts.generate && $(PYTHON) -m peduli.openapi

publish: contracts ## freeze schemas and examples as published: from then on they only get younger ones beside them
	$(PYTHON) -m shared.contracts.published

docs: setup ## write .env.example, docs/reference and the icons anew
	$(PYTHON) -m docs.generate

format: setup ## put the code in the house's format
	.venv/bin/ruff check --fix-only -q . ; .venv/bin/ruff format -q .

bench: setup ## measure speed, and write docs/performance.md
	$(PYTHON) -m bench $(ARGS)
	$(PYTHON) -m bench.http $(ARGS)
	$(PYTHON) -m bench.allocation
	$(PYTHON) -m bench.assigning
	$(PYTHON) -m bench.goals
	$(PYTHON) -m bench.field_page

up: ## start the system with docker compose; secrets are made into .env once
	python3 deploy/make_env.py
	docker compose up --build --detach --wait

down: ## stop what `make up` started
	docker compose down

clean: ## remove what was installed or made
	rm -rf .venv .peduli
