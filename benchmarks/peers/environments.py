"""A virtual environment for each peer, made at first use from ``requirements/NAME.txt``."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
_STAMP = ".requirements"
# The comparison is offline and reports to nobody.
QUIET = {
    "HF_HUB_OFFLINE": "1",
    "TRANSFORMERS_OFFLINE": "1",
    "HF_HUB_DISABLE_TELEMETRY": "1",
    "DO_NOT_TRACK": "1",
    "ANONYMIZED_TELEMETRY": "False",
    "HAYSTACK_TELEMETRY_ENABLED": "False",
    "LITELLM_TELEMETRY": "False",
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # else it fetches a list of prices when imported
    "TOKENIZERS_PARALLELISM": "false",
    "TQDM_DISABLE": "1",
}


class NotInstalled(Exception):
    """A peer's environment could not be made; the message says why in one line."""


def quiet() -> dict[str, str]:
    """The environment variables of a worker: ours, less keys and proxies, with telemetry off."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.endswith(("_API_KEY", "_TOKEN")) and "proxy" not in name.casefold()
    }
    return inherited | QUIET


def python_of(peer: str, folder: Path) -> Path:
    """The interpreter of a peer's environment, which is made or brought up to date first.

    Raises:
        NotInstalled: pip could not install it.
    """
    requirements = HERE / "requirements" / f"{peer}.txt"
    digest = hashlib.sha256(requirements.read_bytes()).hexdigest()
    place = folder / peer
    python = place / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = place / _STAMP
    if stamp.is_file() and stamp.read_text(encoding="utf-8") == digest and python.is_file():
        return python
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / f"{peer}.pip.log"
    print(f"{peer}: setting up {place} (1.5 GB; log: {log})", file=sys.stderr, flush=True)
    commands = [
        [sys.executable, "-m", "venv", str(place)],
        [
            str(python),
            "-m",
            "pip",
            "install",
            "--disable-pip-version-check",
            "-r",
            str(requirements),
        ],
    ]
    with log.open("wb") as output:
        for command in commands:
            if subprocess.run(command, stdout=output, stderr=output, check=False).returncode:
                raise NotInstalled(f"{_reason(log)}; see {log}")
    stamp.write_text(digest, encoding="utf-8")
    return python


def _reason(log: Path) -> str:
    """The last error that pip reported, else its last line."""
    lines = log.read_text(encoding="utf-8", errors="replace").split("\n")
    errors = [line for line in lines if line.startswith("ERROR:")] or [
        x for x in lines if x.strip()
    ]
    return errors[-1].removeprefix("ERROR:").strip()[:300] if errors else "pip said nothing"
