# `make help` lists the targets. The first one that runs sets up .venv and fetches the models.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
SETUP := $(VENV)/.setup
MODELS := $(VENV)/.models
# Two workers, each running whole files: more would spend what they gain on loading models. Without
# models, a third one works while others wait for a server.
PYTEST := $(BIN)/python -m pytest --dist loadfile -n 2
TEST_MODELS := $(VENV)/.test-models
PARSER := $(VENV)/.parser
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check

export TOKENIZERS_PARALLELISM := false
# Keep bytecode: the tests start many processes that load the same modules.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help demo run test nightly fast check format gate bench peers lock licences clean
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
	@$(PYTEST) -n 3 -m "not slow"

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

licences: $(SETUP) ## list the licences of all packages and models; fails if one is not permissive
	@$(BIN)/python benchmarks/licences.py

clean: ## delete .venv and all build output
	rm -rf $(VENV) build *.egg-info

# Where requirements.lock is for this machine, exactly its files are installed; a source distribution is
# then built with the setuptools listed there. Elsewhere pip chooses within constraints.txt.
$(SETUP): pyproject.toml constraints.txt requirements.lock
	@echo "Setting up $(VENV): about two minutes, 1.5 GB on disk."
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@case "$$(uname -sm) $$($(BIN)/python -V)" in "Linux x86_64 Python 3.11."*) \
	    grep ^setuptools== requirements.lock >$(VENV)/setuptools.lock && \
	    $(PIP) install --no-deps --require-hashes -r $(VENV)/setuptools.lock && \
	    $(PIP) install --no-deps --no-build-isolation --require-hashes -r requirements.lock ;; \
	esac
	@$(PIP) install -c constraints.txt --editable ".[dev]"
	@touch $@

# Asks the public registry alone, whatever pip's configuration adds, so that anybody gets these files.
lock: $(SETUP) ## write requirements.lock anew, after a change of constraints.txt or pyproject.toml
	@$(PIP) install --upgrade pip
	@PIP_CONFIG_FILE=/dev/null PIP_FIND_LINKS= PIP_EXTRA_INDEX_URL= $(PIP) install --dry-run --ignore-installed \
	    -c constraints.txt --editable ".[dev]" --report $(VENV)/report.json
	@$(BIN)/python benchmarks/lock.py <$(VENV)/report.json >requirements.lock

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
