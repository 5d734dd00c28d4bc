"""Machine, library versions and code of a measurement."""

import hashlib
import json
import os
import platform
import re
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from rag.config import Settings, deciding
from rag.errors import ConfigError
from rag.evals.task import Json

_LIBRARIES = (
    "torch transformers sentence-transformers faiss-cpu xllamacpp trafilatura numpy"
    " scikit-learn rouge-score"
).split()


def machine() -> dict[str, Json]:
    """Return processor, usable cores, memory in GB and operating system."""
    return {
        "processor": _processor(),
        "cores": _cores(),
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


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _memory() -> float:
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9, 1)
    except (ValueError, OSError, AttributeError):
        return 0.0


def versions() -> dict[str, Json]:
    """Return the versions of Python, the project and the libraries that affect the figures."""
    found: dict[str, Json] = {"python": platform.python_version()}
    for name in ("quoted-news", *_LIBRARIES):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def config_digest(settings: Settings) -> str:
    """Hash all settings that can change a figure (SHA-256): no folders, addresses or keys."""
    table = deciding(settings)
    return hashlib.sha256(json.dumps(table, sort_keys=True).encode()).hexdigest()


_ROOM = Path(__file__).resolve().parent.parent


def code_digest(room: Path = _ROOM) -> str:
    """Hash the modules, settings and data files of ``rag``, without its samples (SHA-256)."""
    whole = hashlib.sha256()
    for path in sorted(room.rglob("*")):
        inside = path.relative_to(room)
        if path.is_file() and "__pycache__" not in inside.parts and inside.parts[0] != "samples":
            whole.update(f"{inside.as_posix()} ".encode())
            whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def needs(library: str) -> None:
    """Raise ConfigError if a library of the ``eval`` extra is missing."""
    if find_spec(library) is None:
        raise ConfigError(
            f"{library} is not installed; the evaluation needs it. In the clone: pip install -e '.[eval]'"
        )
