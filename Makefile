# Every target does its own set-up; a second run finds it done. PYTHON=... chooses the interpreter.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test slow lint train lock benchmark clean
export PYTHON

RUN := .venv/bin/python

help:
	@echo 'make demo       analyse the bundled sample and open the dashboard (SERVE=0: stop before serving)'
	@echo 'make test       run the tests (make slow: those that take long or need a network)'
	@echo 'make lint       ruff and mypy'
	@echo 'make train      train the classifiers again from models/data'
	@echo 'make benchmark  measure speed and memory'
	@echo 'make lock       resolve the locked requirements again (UPGRADE=1: to the newest that fit)'
	@echo 'make clean      remove the environment and what builds left behind'

demo:
	@./environment.sh requirements.lock
	@.venv/bin/attune demo $(if $(filter 0,$(SERVE)),--no-serve)

test:
	@./environment.sh requirements-dev.lock
	@$(RUN) -m pytest $(ARGS)

slow:
	@./environment.sh requirements-dev.lock
	@$(RUN) -m pytest -m slow $(ARGS)

lint:
	@./environment.sh requirements-dev.lock
	@$(RUN) -m ruff check .
	@$(RUN) -m mypy

train:
	@./environment.sh requirements-dev.lock
	@.venv/bin/attune retrain $(ARGS)

benchmark:
	@./environment.sh requirements-dev.lock
	@for script in tests/benchmarks/[a-z]*.py; do $(RUN) "$$script" $(ARGS) || exit 1; done

COMPILE := pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --quiet --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)
lock:
	@command -v uv > /dev/null || { echo 'make lock needs uv: pipx install uv' >&2; exit 1; }
	uv $(COMPILE) --output-file requirements.lock
	uv $(COMPILE) --extra train --extra dev --constraint requirements.lock --output-file requirements-dev.lock

clean:
	rm -rf .venv build dist .pytest_cache .ruff_cache .mypy_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
