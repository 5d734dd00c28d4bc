"""Shared by all tests: the real models that the slow tests use, fetched once where missing."""

import signal
import sys
from pathlib import Path

import pytest
from checking import MODELS, import_spacy_alone

from rag.check import Parser, spacy_parser
from rag.errors import ModelError, ModelMissing
from rag.models import Catalogue, load_catalogue, locate, pull

# A shell ignores Ctrl-C for what it starts in the background, and the children of the tests would too.
signal.signal(signal.SIGINT, signal.default_int_handler)

ROOT = Path(__file__).resolve().parent.parent
MANY = 200  # tests, of which some need the parser
pytest_plugins = ["command_line", "opened_news"]


@pytest.fixture(scope="session", autouse=True)
def _spacy_alone(request: pytest.FixtureRequest) -> None:
    """A run of most tests imports spaCy without torch."""
    if len(request.session.items) > MANY and "torch" not in sys.modules:
        import_spacy_alone()


@pytest.fixture
def few_resamples(monkeypatch: pytest.MonkeyPatch) -> None:
    """Intervals of figures are drawn quickly, where they are not what is tested."""
    monkeypatch.setattr("rag.evals.metrics.RESAMPLES", 5)


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    """The catalogue that ships."""
    return load_catalogue(ROOT / "configs" / "models.toml")


@pytest.fixture(scope="session")
def models_folder() -> Path:
    """RAG_MODELS_DIR, else ~/.cache/newsrag/models."""
    return MODELS


@pytest.fixture(scope="session")
def smollm2_path(catalogue: Catalogue, models_folder: Path) -> Path:
    """SmolLM2-135M-Instruct as GGUF: small enough to run the engines for real."""
    return _ready(catalogue, models_folder, "smollm2-135m-instruct-q4_1")


@pytest.fixture(scope="session")
def minilm_path(catalogue: Catalogue, models_folder: Path) -> Path:
    """The folder of all-MiniLM-L6-v2."""
    return _ready(catalogue, models_folder, "all-minilm-l6-v2")


@pytest.fixture(scope="session")
def parser(catalogue: Catalogue, models_folder: Path) -> Parser:
    """The parser of English sentences that the check uses."""
    return spacy_parser(_ready(catalogue, models_folder, "en-core-web-sm"))


def _ready(catalogue: Catalogue, folder: Path, name: str) -> Path:
    try:
        return locate(catalogue, name, folder=folder)
    except ModelMissing:
        try:
            return pull(catalogue, name, folder=folder)
        except ModelError as error:
            pytest.skip(f"needs the model {name}: {error}")
