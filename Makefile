# `make help` lists the targets. The first one that runs sets up .venv and fetches the models.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup
MODELS := $(VENV)/.models
# Two workers, each of which takes whole files: what more of them gain, they lose again in loading.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile
TEST_MODELS := $(VENV)/.test-models
PARSER := $(VENV)/.parser

export TOKENIZERS_PARALLELISM := false
# What is compiled is kept: the tests start many processes that load the same modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test nightly fast check format gate bench peers clean
.DEFAULT_GOAL := demo

help: ## this list
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(MODELS) ## ask the sample news a question
	@$(BIN)/rag demo

run: $(MODELS) ## the web page; ARGS are those of rag ui
	@$(BIN)/rag ui $(ARGS)

test: $(MODELS) $(TEST_MODELS) ## all tests, with the real models
	@$(PYTEST) -m "not nightly"

nightly: $(MODELS) $(TEST_MODELS) ## all tests, and at length what they do briefly: kills, requests to the API
	@$(PYTEST)

fast: $(PARSER) ## the tests that need no language model
	@$(PYTEST) -m "not slow"

check: $(SETUP) ## style, types and layers, as CI checks them
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(SETUP) ## put the style right where a tool can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(MODELS) ## speed and memory on this machine
	@$(BIN)/python benchmarks/bench.py
	@$(BIN)/rag models pull --profile fast
	@$(BIN)/python benchmarks/batch.py

DATA ?= ../shared/data

# Figures against their floors, with the data sets in DATA; ARGS=--small needs no language model.
gate: $(MODELS) ## quality against its floors, on the data sets in DATA; ARGS=--small: without a language model
	@$(BIN)/python benchmarks/gate.py --data $(DATA) $(ARGS)

# The environments of the peers take 4.5 GB in build/peers; see benchmarks/peers/README.md.
peers: $(MODELS) ## beside LlamaIndex, Haystack and txtai
	@$(BIN)/python benchmarks/peers/run.py --data $(DATA) $(ARGS)

clean: ## remove .venv, build and what they left
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
