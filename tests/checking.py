"""The check as the tests of other rooms use it: with the real parser, read once a run."""

import os
from functools import cache
from pathlib import Path

from rag.check import SUPPORT, Checker, SpacyParser
from rag.errors import ModelMissing
from rag.models import load_catalogue, locate, pull

ROOT = Path(__file__).resolve().parent.parent


@cache
def parser() -> SpacyParser:
    """spaCy's English pipeline; fetched once where it is missing."""
    catalogue = load_catalogue(ROOT / "configs" / "models.toml")
    chosen = os.environ.get("RAG_MODELS_DIR")
    folder = Path(chosen) if chosen else Path.home() / ".cache" / "newsrag" / "models"
    try:
        return SpacyParser(locate(catalogue, "en-core-web-sm", folder=folder))
    except ModelMissing:
        return SpacyParser(pull(catalogue, "en-core-web-sm", folder=folder))


def checker(support: float = SUPPORT) -> Checker:
    """What checks sentences."""
    return Checker(parser(), support)
