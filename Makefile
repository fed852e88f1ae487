# The commands of this project. Each makes the machine ready first (scripts/prepare: quick when nothing is missing).
#
#   make demo                       a town hall in network namespaces, a phone walks through it, then it stays up until Ctrl-C
#   make demo ARGS="--once --json"  the walk alone, for machines
#   make test                       everything: source, pure, kernel and browser tests      ARGS are pytest's
#   make test-pure                  what needs neither root nor namespaces, in seconds      ARGS are pytest's
#   make lint                       ruff, mypy and the import contracts
#   make format                     ruff's formatting and its safe fixes
#   make bench                      all benchmarks, or BENCH="capture accept"               ARGS are the benchmarks'
#   make lock                       renew requirements/*.txt; ARGS=--upgrade for newer versions
#   make clean                      remove what these commands made here

SHELL := /bin/sh
PYTHON ?= /usr/bin/python3
VENV ?= .venv
ARGS ?=
BENCH ?= $(basename $(notdir $(shell grep -l '^if __name__ == "__main__"' benchmarks/[a-z]*.py)))
export PYTHON VENV

run := $(VENV)/bin
compile := env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	$(run)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test test-pure lint format bench lock clean ready venv
help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

demo: ready
	$(run)/python -P -m hotspot lab demo $(ARGS)

test: ready
	$(run)/python -P -m pytest $(ARGS)

test-pure: venv
	$(run)/python -P -m pytest -m "not kernel and not browser" $(ARGS)

lint: venv
	$(run)/ruff check .
	$(run)/ruff format --check .
	$(run)/mypy
	$(run)/lint-imports

format: venv
	$(run)/ruff check --fix .
	$(run)/ruff format .

bench: ready
	@missed=; for name in $(BENCH); do \
		echo "== $$name"; $(run)/python -P -m benchmarks.$$name $(ARGS) || missed="$$missed $$name"; \
	done; [ -z "$$missed" ] || { echo "below the bar, or not run:$$missed" >&2; exit 1; }

lock: venv
	$(compile) pyproject.toml -o requirements/runtime.txt
	$(compile) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) artefacts build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@scripts/prepare all

venv:
	@scripts/prepare venv
