# `make demo` and `make test` are all the set-up there is.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed

.PHONY: help demo test check docs serve clean

help: ## Show this
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

$(INSTALLED): pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --upgrade pip
	$(BIN)/pip install --quiet --editable '.[embedded]' --group test --group lint
	@touch $@

demo: $(INSTALLED) ## Build the sample project with its history and write its documents
	@$(BIN)/migdocs demo

test: $(INSTALLED) ## Run the tests
	$(BIN)/pytest -n auto

check: $(INSTALLED) ## Lint, types, and migdocs on this repository itself
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/migdocs check

docs: $(INSTALLED) ## Build the site, its reference written from the code
	$(BIN)/python tools/reference.py
	$(BIN)/python tools/architecture.py
	$(BIN)/migdocs build

serve: $(INSTALLED) ## Serve the site while you write
	$(BIN)/migdocs serve

clean: ## Remove what the targets above made
	rm -rf $(VENV) site .mypy_cache .pytest_cache .ruff_cache .hypothesis
