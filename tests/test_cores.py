"""Threads that wait for each other sleep soon, whichever of the heavy packages is loaded first."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
ENGINE = """
import sys; from pathlib import Path
from rag.llm.llamacpp import LlamaCppGenerator
LlamaCppGenerator(Path(sys.argv[1]), context_length=256).load()
"""
EMBEDDER = """
import sys; from pathlib import Path
from rag.index.embedding import SentenceTransformerEmbedder
SentenceTransformerEmbedder(Path(sys.argv[1]), identity="x").encode_queries(["Who met?"])
"""


def spins(code: str, model: Path, **given: str) -> set[str]:
    """How long GCC's OpenMP says that threads wait awake, once a program has loaded it."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("GOMP", "OMP"))}
    done = subprocess.run(
        [sys.executable, "-c", code, str(model)],
        cwd=ROOT,
        env={**kept, "OMP_DISPLAY_ENV": "verbose", **given},
        capture_output=True,
        text=True,
        check=True,
        timeout=120,
    )
    found = {line.split("'")[1] for line in done.stderr.splitlines() if "GOMP_SPINCOUNT" in line}
    if not found:
        pytest.skip("the packages are not built with GCC's OpenMP here")
    return found


@pytest.mark.slow
def test_the_engine_waits_shortly(smollm2_path: Path) -> None:
    assert spins(ENGINE, smollm2_path) == {"4000"}


@pytest.mark.slow
def test_the_embedder_waits_shortly_even_where_it_comes_first(minilm_path: Path) -> None:
    assert spins(EMBEDDER, minilm_path) == {"4000"}


@pytest.mark.slow
def test_the_environment_has_the_last_word(smollm2_path: Path) -> None:
    assert spins(ENGINE, smollm2_path, GOMP_SPINCOUNT="70") == {"70"}
    assert spins(ENGINE, smollm2_path, OMP_WAIT_POLICY="active") != {"4000"}
