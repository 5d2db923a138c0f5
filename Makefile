# The suite in one command each. `make` or `make help` lists them.
# BASE_URL=https://host tests a real host; without it the embedded demo API is started and tested.
# OBJECTIVES=file.yaml judges by other objectives than the hotel's, or than those of a saved run.
# ARGS="--time-scale 0.1" hands further options to Locust.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
BASE_URL ?=
ARGS ?=
RUN ?= reports/latest
OBJECTIVES ?=
# Where it is set, each of the hundreds of processes that the tests start compiles all modules again.
unexport PYTHONDONTWRITEBYTECODE
JUDGED_BY = $(if $(OBJECTIVES),--objectives $(OBJECTIVES))
TARGET = $(if $(BASE_URL),-H $(BASE_URL),--demo)

.DEFAULT_GOAL := help
.PHONY: help setup web docs test test-system test-long test-all lint perf-validate perf-baseline perf-clean clean \
	perf-smoke perf-load perf-stress perf-spike perf-soak

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

perf-smoke: ## 1 minute, 1 user: does it work at all?
perf-load: ## 14 minutes to 10 users: are the objectives met at normal load?
perf-stress: ## 27 minutes to 50 users: where does it break, does it come back?
perf-spike: ## 4 minutes, a burst of 100 users: does it survive, does it recover?
perf-soak: ## 30 minutes, 5 users: does latency or memory creep up?
perf-smoke perf-load perf-stress perf-spike perf-soak: perf-%: $(READY)
	@$(BIN)/locust -f locustfiles/hotel.py --headless --only-summary --loglevel WARNING \
		--scenario $* $(JUDGED_BY) $(TARGET) $(ARGS); exit $$?

web: $(READY) ## Locust's web UI at http://localhost:8089, ready to press start; with the SLO tab
	@$(BIN)/locust -f locustfiles/hotel.py $(JUDGED_BY) $(TARGET) $(ARGS); exit $$?

perf-validate: $(READY) ## judge the latest saved run again (RUN=reports/... another one)
	@$(BIN)/locust-slo validate $(RUN) $(JUDGED_BY)

perf-baseline: $(READY) ## keep the latest saved run as a reference in baselines/
	@$(BIN)/locust-slo baseline add $(RUN) $(JUDGED_BY)

perf-clean: ## delete all saved runs
	rm -rf reports/*

test: $(READY) ## set up and pass the unit and integration tests
	@$(BIN)/python -m pytest -n 6 --dist worksteal tests/unit tests/integration $(ARGS)

test-system: $(READY) ## the tests with many processes, networks, a browser, Prometheus
	@$(BIN)/python -m pytest -m 'not long' -n 4 --dist loadgroup tests/system $(ARGS)
	@$(BIN)/python -m pytest -m slow -n 4 --dist loadgroup tests/unit tests/integration $(ARGS)

test-long: $(READY) ## real runs whose findings are known beforehand, again and again
	@$(BIN)/python -m pytest -m long $(ARGS)

test-all: test test-system test-long ## all tests

docs: $(READY) ## build the guide in build/site/, every link checked
	@$(BIN)/mkdocs build --strict && echo build/site/index.html

lint: $(READY) ## ruff, mypy and import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

setup: $(READY) ## make .venv and install what is locked

$(READY): pyproject.toml requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name it with make PYTHON=python3.12 ...")'
	@echo "Setting up .venv (once, a minute or so) ..." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements.lock
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@

clean: perf-clean ## delete .venv and caches too
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
