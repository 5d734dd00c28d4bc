"""The one language model of a comparison, behind an OpenAI-compatible address on this machine.

Run as a program it serves a GGUF file with llama.cpp's own server (the package xllamacpp), prints
its address and stays until its standard input is closed. A process of its own, so that its memory
is not counted as anyone's, and a fresh one for each system, so that nobody finds a warm cache.
"""

import json
import os
import re
import subprocess
import sys
import urllib.request
from pathlib import Path

_COUNTERS = ("prompt_tokens_total", "prompt_tokens_cached_total", "tokens_predicted_total")


class Endpoint:
    """A server for one model. Use it as a context."""

    def __init__(self, model: Path, *, context: int, log: Path) -> None:
        """Load the model, which takes seconds.

        Raises:
            OSError: the server did not start; the log says why.
        """
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [sys.executable, str(Path(__file__)), str(model), str(context)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        address = self._process.stdout.readline().strip()
        if not address.startswith("http"):
            self.close()
            raise OSError(f"the server of {model.name} did not start; see {log}")
        self._address = address

    @property
    def base_url(self) -> str:
        """Where the API begins."""
        return f"{self._address}/v1"

    def __enter__(self) -> "Endpoint":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Stop the server."""
        self._process.stdin.close()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process.stdout.close()

    def tokens(self) -> tuple[int, int, int]:
        """Tokens of prompts that were read, that were in the cache, and that were written, so far."""
        with urllib.request.urlopen(f"{self._address}/metrics", timeout=60) as answer:
            text = answer.read().decode()
        found = (re.search(rf"^llamacpp:{name} (\S+)", text, re.M) for name in _COUNTERS)
        read, cached, written = (int(float(match.group(1))) if match else 0 for match in found)
        return read, cached, written

    def count(self, text: str) -> int:
        """How many tokens a text is to this model."""
        body = json.dumps({"content": text}).encode()
        request = urllib.request.Request(
            f"{self._address}/tokenize", body, {"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=60) as answer:
            return len(json.load(answer)["tokens"])

    def peak_bytes(self) -> int:
        """The most memory it has held, 0 where the system does not say."""
        try:
            status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="utf-8")
        except OSError:
            return 0
        found = re.search(r"^VmHWM:\s+(\d+) kB", status, re.M)
        return int(found.group(1)) * 1024 if found else 0


class GivenEndpoint:
    """A server that somebody else runs: its address alone is known."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def __enter__(self) -> "GivenEndpoint":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def tokens(self) -> tuple[int, int, int]:
        """Unknown."""
        return 0, 0, 0

    def count(self, text: str) -> int:
        """Unknown."""
        return 0

    def peak_bytes(self) -> int:
        """Unknown."""
        return 0


def main() -> None:
    """Serve the model named on the command line."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path, params.n_ctx, params.n_parallel = sys.argv[1], int(sys.argv[2]), 1
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = cores or 1
    params.n_batch = params.n_ubatch = 256  # as rag.llm.llamacpp; more is no faster on a CPU
    params.hostnames, params.port = ["127.0.0.1"], 0
    params.verbosity, params.offline, params.ui, params.endpoint_metrics = -1, True, False, True
    server = xllamacpp.Server(params)
    print(server.listening_address, flush=True)
    sys.stdin.read()
    os._exit(0)  # the engine's own threads may not all have ended


if __name__ == "__main__":
    main()
