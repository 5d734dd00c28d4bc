"""The check as the tests of other packages use it: with the real parser, loaded once per run."""

import os
import sys
from functools import cache
from pathlib import Path

import pytest

from rag.check import SUPPORT, Checker, Parser, spacy_parser
from rag.errors import ModelMissing
from rag.models import load_catalogue, locate, pull

ROOT = Path(__file__).resolve().parent.parent
# Read once, because tests change the environment.
MODELS = Path(os.environ.get("RAG_MODELS_DIR") or Path.home() / ".cache" / "newsrag" / "models")


def import_spacy_alone() -> None:
    """Import spaCy without torch, which it would load as well, and its parser has no use for.

    That takes longer than all the rest, and torch has many loggers, which pytest watches one by
    one in each test. No other thread may import torch meanwhile.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(sys.modules, "torch", None)
        import spacy  # noqa: F401


@cache
def parser() -> Parser:
    """spaCy's English pipeline; fetched once where it is missing."""
    catalogue = load_catalogue(ROOT / "configs" / "models.toml")
    try:
        return spacy_parser(locate(catalogue, "en-core-web-sm", folder=MODELS))
    except ModelMissing:
        return spacy_parser(pull(catalogue, "en-core-web-sm", folder=MODELS))


def checker(support: float = SUPPORT) -> Checker:
    """Checks sentences with it."""
    return Checker(parser(), support)
