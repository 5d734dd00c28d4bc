"""Machine, library versions and code of a measurement."""

import hashlib
import json
import os
import platform
import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rag.config import Settings, deciding
from rag.cpu import available_processors
from rag.evals.sets import file_digest
from rag.version import installed

PACKAGE = Path(__file__).resolve().parent.parent
_LIBRARIES = (
    "quoted-news torch transformers sentence-transformers faiss-cpu xllamacpp trafilatura numpy"
    " scikit-learn rouge-score"
).split()


def machine() -> dict[str, Any]:
    """Return processor, usable cores, memory in GB and operating system."""
    return {
        "processor": _processor(),
        "cores": available_processors(),
        "memory_gb": _memory(),
        "system": f"{platform.system()} {platform.release()}",
    }


def _processor() -> str:
    try:
        known = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace")
    except OSError:
        known = ""
    name = re.search(r"^model name\s*:\s*(.+)$", known, re.M)
    return name.group(1).strip() if name else platform.processor() or platform.machine()


def _memory() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError, AttributeError):
        return 0.0


def versions() -> dict[str, Any]:
    """Return the versions of Python, the project and the libraries that affect the figures."""
    return {"python": platform.python_version()} | installed(_LIBRARIES)


def config_digest(settings: Settings) -> str:
    """Hash all settings that can change a figure (SHA-256): no folders, addresses or keys."""
    return hashlib.sha256(json.dumps(deciding(settings), sort_keys=True).encode()).hexdigest()


def code_digest(package: Path = PACKAGE) -> str:
    """Hash the modules, settings and data files of ``rag``, without its samples (SHA-256)."""
    paths = [path for path in package.rglob("*") if path.is_file()]
    inside = {path: path.relative_to(package).parts for path in paths}
    return tree_digest(
        package, (p for p in paths if "__pycache__" not in inside[p] and inside[p][0] != "samples")
    )


def tree_digest(root: Path, paths: Iterable[Path]) -> str:
    """Hash the names, below ``root``, and the contents of files (SHA-256)."""
    total = hashlib.sha256()
    for path in sorted(paths):
        total.update(f"{path.relative_to(root).as_posix()} {file_digest(path)}\n".encode())
    return total.hexdigest()
