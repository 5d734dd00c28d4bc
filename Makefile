# `make help` lists the targets. The first one that runs sets up .venv and fetches the models.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup
MODELS := $(VENV)/.models
# Two workers, each running whole files: more would spend what they gain on loading models.
PYTEST := $(BIN)/python -m pytest -n 2 --dist loadfile
TEST_MODELS := $(VENV)/.test-models
PARSER := $(VENV)/.parser

export TOKENIZERS_PARALLELISM := false
# Keep bytecode: the tests start many processes that load the same modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test nightly fast check format gate bench peers clean
.DEFAULT_GOAL := demo

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/\1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "make %-8s %s\n", $$1, $$2}'

demo: $(MODELS) ## answer a question from the sample news
	@$(BIN)/rag demo

run: $(MODELS) ## start the web page; ARGS are passed to rag ui
	@$(BIN)/rag ui $(ARGS)

test: $(MODELS) $(TEST_MODELS) ## run all tests, including those with real models
	@$(PYTEST) -m "not nightly"

nightly: $(MODELS) $(TEST_MODELS) ## run all tests, also those that repeat kills and requests at length
	@$(PYTEST)

fast: $(PARSER) ## run the tests that need no language model
	@$(PYTEST) -m "not slow"

check: $(SETUP) ## check style, types and imports, as CI does
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

format: $(SETUP) ## format the code and fix what ruff can
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

bench: $(MODELS) ## measure speed and memory on this machine
	@$(BIN)/python benchmarks/bench.py
	@$(BIN)/rag models pull --profile fast
	@$(BIN)/python benchmarks/batch.py

DATA ?= ../shared/data

gate: $(MODELS) ## check quality against its floors on the data sets in DATA; ARGS=--small: no language model
	@$(BIN)/python benchmarks/gate.py --data $(DATA) $(ARGS)

# The environments of the other systems take 4.5 GB in build/peers; see benchmarks/peers/README.md.
peers: $(MODELS) ## compare with LlamaIndex, Haystack and txtai
	@$(BIN)/python benchmarks/peers/run.py --data $(DATA) $(ARGS)

clean: ## delete .venv and all build output
	rm -rf $(VENV) build *.egg-info

$(SETUP): pyproject.toml constraints.txt
	@echo "Setting up $(VENV): about two minutes, 1.5 GB on disk."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt --editable ".[dev]"
	@touch $@

$(MODELS): $(SETUP) configs/models.toml configs/default.toml
	@$(BIN)/rag models pull
	@touch $@

# The only model that the fast tests need: 13 MB.
$(PARSER): $(SETUP) configs/models.toml
	@$(BIN)/rag models pull en-core-web-sm
	@touch $@

$(TEST_MODELS): $(MODELS)
	@$(BIN)/rag models pull --profile tiny
	@touch $@
