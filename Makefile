# The commands of this project. Each makes the machine ready first (scripts/prepare: quick when nothing is missing).
#
#   make demo                       a town hall in network namespaces, a phone walks through it, then it stays up until Ctrl-C
#   make demo ARGS="--once --json"  the walk alone, for machines
#   make test                       everything: source, pure, kernel and browser tests      ARGS are pytest's
#                                   where ansible-playbook is, also one scene of the playbooks (HOTSPOT_ANSIBLE_PLAYBOOK= leaves it out)
#   make test-pure                  the rules of the product alone, in seconds              ARGS are pytest's
#   make test-plain                 what needs neither root nor namespaces nor a database   ARGS are pytest's
#   make test-deploy                boots Debian systems with what deploy/ has, and lets visitors in; the playbooks, too, where
#                                   ansible-playbook is, or HOTSPOT_ANSIBLE_PLAYBOOK names one (needs root)
#   make test-kills                 the failures at full length: KILLS=500 kills under load, then more rounds of each other failure
#   make fuzz                       the sockets, the capture parser and the netlink decoder for minutes; EXAMPLES=20000 per property
#   make test-fullkernel            rates, latencies and Wi-Fi in virtual time (FULLKERNEL) at full length, and Debian's kernels under qemu
#   make fullkernel                 build the kernel for that, if FULLKERNEL names none: about 10 minutes
#   make lint                       ruff, mypy and the import contracts
#   make format                     ruff's formatting and its safe fixes
#   make bench                      all benchmarks, or BENCH="capture accept"               ARGS are the benchmarks'
#   make bench-hub                  the hub under load, beside its own PostgreSQL; BENCH="hub_reports" ARGS="--seconds 10"
#   make bench-peers                beside openNDS and plain forwarding; ARGS="--quick" or "--parts packets"
#   make screenshots                every page of visitors and of the console in every language on phone and desktop; LANGUAGES="de ar" SCENES="splash online" PAGES="overview hall"
#   make package                    Debian packages of gateway and hub into dist/, with lists of their parts; ARGS="--debian 13 --part gateway"
#   make control FOLDER=/srv/wlan   the folder from which halls are deployed: an inventory to begin with (docs/operations.md)
#   make authority FOLDER=/srv/wlan who signs the hub's certificate, and that certificate; later: renew it
#   make version FOLDER=/srv/wlan   have that inventory want the newest packages
#   make lock                       renew requirements/*.txt; ARGS=--upgrade for newer versions
#   make clean                      remove what these commands made here

SHELL := /bin/sh
PYTHON ?= /usr/bin/python3
VENV ?= .venv
ARGS ?=
KILLS ?= 500
EXAMPLES ?= 20000
LANGUAGES ?=
SCENES ?=
PAGES ?=
FOLDER ?=
ALL_BENCH := $(basename $(notdir $(shell grep -l '^if __name__ == "__main__"' benchmarks/[a-z]*.py)))
BENCH ?= $(filter-out hub_%,$(ALL_BENCH))
BENCH_HUB = $(if $(filter hub_%,$(BENCH)),$(filter hub_%,$(BENCH)),$(filter hub_%,$(ALL_BENCH)))
export PYTHON VENV

run := $(VENV)/bin
compile := env -u UV_INDEX -u UV_INDEX_URL -u UV_DEFAULT_INDEX -u UV_EXTRA_INDEX_URL -u UV_FIND_LINKS \
	$(run)/uv pip compile --no-config --quiet --universal --python-version 3.11 --generate-hashes \
	--no-annotate --custom-compile-command "make lock" $(ARGS)

.DEFAULT_GOAL := help
.PHONY: help demo test test-pure test-plain test-deploy test-kills fuzz test-fullkernel fullkernel lint format bench bench-hub bench-peers screenshots package control authority version lock clean ready venv
help:
	@sed -n '2,/^$$/s/^# \{0,1\}//p' Makefile

demo: ready
	$(run)/python -P -m hotspot lab demo $(ARGS)

# Without ARGS in two parts: one test after the other where they need the machine for themselves, then the rest on all cores.
test: export FUZZ_EXAMPLES ?= 1500
test: ready
ifeq ($(strip $(ARGS)),)
	@failed=; \
	$(run)/python -P -m pytest -m alone || failed="$$failed alone"; \
	$(run)/python -P -m pytest -m "not alone" --numprocesses auto --maxprocesses 4 --dist worksteal || failed="$$failed beside-each-other"; \
	[ -z "$$failed" ] || { echo "make test: tests failed in:$$failed" >&2; exit 1; }
else
	$(run)/python -P -m pytest $(ARGS)
endif

test-pure: venv
	$(run)/python -P -m pytest -m pure tests/firewall tests/hotspot $(ARGS)

test-plain: venv
	$(run)/python -P -m pytest -m "not kernel and not browser and not hub" $(ARGS)

test-deploy: ready
	@scripts/prepare machines
	HOTSPOT_DEPLOY=1 $(run)/python -P -m pytest -rs --timeout 300 tests/deploy/machines tests/deploy/plays $(ARGS)

test-kills: ready
	HOTSPOT_LONG=1 HOTSPOT_KILLS=$(KILLS) $(run)/python -P -m pytest -s tests/kernel/failures/test_kills.py $(ARGS)
	HOTSPOT_LONG=1 $(run)/python -P -m pytest --timeout 900 tests/kernel/failures --deselect tests/kernel/failures/test_kills.py $(ARGS)

fuzz: venv
	FUZZ_EXAMPLES=$(EXAMPLES) $(run)/python -P -m pytest --timeout 3600 --durations 20 tests/fuzz $(ARGS)

test-fullkernel: ready
	@tests/fullkernel/run.sh --which
	HOTSPOT_LONG=1 FULLKERNEL_DEBIAN="$${FULLKERNEL_DEBIAN-linux-image-amd64 $$(apt-cache pkgnames linux-image-6.12-amd64 | grep -x linux-image-6.12-amd64)}" $(run)/python -P -m pytest tests/fullkernel $(ARGS)

fullkernel:
	tests/fullkernel/run.sh --build

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

bench-hub: ready
	@missed=; for name in $(BENCH_HUB); do \
		echo "== $$name"; $(run)/python -P -m benchmarks.$$name $(ARGS) || missed="$$missed $$name"; \
	done; [ -z "$$missed" ] || { echo "below the bar, or not run:$$missed" >&2; exit 1; }

bench-peers: ready
	$(run)/python -P -m benchmarks.peers $(ARGS)

screenshots: ready
	PYTHONPATH=. $(run)/python -P -m tests.browser.screenshots --languages "$(LANGUAGES)" --scenes "$(SCENES)" $(ARGS)
	PYTHONPATH=. $(run)/python -P -m tests.hub.console.pictures --languages "$(LANGUAGES)" --pages "$(PAGES)" $(ARGS)

package: venv
	$(run)/python -P -m deploy.packages.build $(ARGS)

control:
	@scripts/control new "$(FOLDER)"

authority version:
	@scripts/control $@ "$(FOLDER)"

lock: venv
	$(compile) pyproject.toml -o requirements/runtime.txt
	$(compile) pyproject.toml --extra print -c requirements/runtime.txt -o requirements/print.txt
	$(compile) pyproject.toml --extra visitor -c requirements/runtime.txt -o requirements/visitor.txt
	$(compile) pyproject.toml --extra hub --extra print -c requirements/runtime.txt -o requirements/hub.txt
	$(compile) pyproject.toml --group dev -c requirements/runtime.txt -o requirements/dev.txt

clean:
	rm -rf $(VENV) artefacts build dist .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

ready:
	@scripts/prepare all

venv:
	@scripts/prepare venv
