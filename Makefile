# make demo | run | test | check | gate | bench | peers. The first of them sets up .venv and fetches the models.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup
MODELS := $(VENV)/.models
TEST_MODELS := $(VENV)/.test-models
PARSER := $(VENV)/.parser

export TOKENIZERS_PARALLELISM := false

.PHONY: demo run test fast check format gate bench peers clean
.DEFAULT_GOAL := demo

demo: $(MODELS)
	@$(BIN)/rag demo

run: $(MODELS)
	@$(BIN)/rag ui $(ARGS)

test: $(MODELS) $(TEST_MODELS)
	@$(BIN)/python -m pytest

fast: $(PARSER)
	@$(BIN)/python -m pytest -m "not slow"

check: $(SETUP)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(SETUP)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(MODELS)
	@$(BIN)/python benchmarks/bench.py
	@$(BIN)/rag models pull --profile fast
	@$(BIN)/python benchmarks/batch.py

DATA ?= ../shared/data

# Figures against their floors, with the data sets in DATA; ARGS=--small needs no language model.
gate: $(MODELS)
	@$(BIN)/python benchmarks/gate.py --data $(DATA) $(ARGS)

# The environments of the peers take 4.5 GB in build/peers; see benchmarks/peers/README.md.
peers: $(MODELS)
	@$(BIN)/python benchmarks/peers/run.py --data $(DATA) $(ARGS)

clean:
	rm -rf $(VENV) build *.egg-info

$(SETUP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about two minutes, 1.5 GB on disk."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable ".[dev]"
	@touch $@

$(MODELS): $(SETUP) configs/models.toml configs/default.toml
	@$(BIN)/rag models pull
	@touch $@

# All that the tests without a language model need: 13 MB.
$(PARSER): $(SETUP) configs/models.toml
	@$(BIN)/rag models pull en-core-web-sm
	@touch $@

$(TEST_MODELS): $(MODELS)
	@$(BIN)/rag models pull --profile tiny
	@touch $@
