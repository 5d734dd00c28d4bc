"""A library that is closed leaves nothing behind, however often one is opened."""

import gc
import os
from pathlib import Path

import pytest
from opened_news import BRIDGE, OPENED

import rag
from rag.config import load

pytestmark = pytest.mark.slow  # loads models


def memory() -> float:
    """Megabytes of resident memory."""
    gc.collect()
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def test_memory_does_not_grow_with_each_library_that_is_opened(
    tmp_path: Path, smollm2_path: Path, minilm_path: Path
) -> None:
    settings = load("tiny", overrides=["answer.max_tokens=8"])
    bridge = tmp_path / "bridge.txt"
    bridge.write_text(BRIDGE, encoding="utf-8")
    seen = []
    for number in range(6):
        with rag.open(tmp_path / str(number), settings=settings) as news:
            news.ingest([bridge])
            news.warm()
            assert news.check_text(OPENED)[0].supported
        seen.append(memory())
    assert seen[-1] - seen[1] < 60, seen  # the parser alone takes 35
