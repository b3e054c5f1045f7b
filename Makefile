.DEFAULT_GOAL := help
.PHONY: help setup lint format test clean

help: ## list the targets
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'

.venv/installed: requirements-dev.lock
	python3 -m venv .venv
	.venv/bin/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-dev.lock
	touch $@

setup: .venv/installed ## install Python packages into .venv from the hashed lock

lint: setup ## ruff, mypy --strict, codespell
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/codespell shared services peduli tests README.md

format: setup ## put the code in the house's format
	.venv/bin/ruff check --fix-only -q . ; .venv/bin/ruff format -q .

test: lint ## install, lint and run all tests
	.venv/bin/python -m pytest

clean: ## remove what was installed or made
	rm -rf .venv .peduli
