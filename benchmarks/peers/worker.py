"""A system in a process of its own, spoken to in lines of JSON; see ``workers/wire.py``."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from environments import HERE, quiet


class WorkerFailed(Exception):
    """A worker ended, fell silent or reported trouble; the message says so in one line."""


class Worker:
    """A worker script and its pipes. Use it as a context."""

    def __init__(self, python: Path, script: Path, *, log: Path, project: Path) -> None:
        """Start the process; what it prints to standard error goes to the end of ``log``.

        In the project's own environment ``rag`` is imported from the checkout ``project``.
        """
        self._log = log
        paths = [str(HERE / "workers")]
        if python == Path(sys.executable):  # our own: the project may not be installed in it
            paths.append(str(project.resolve()))
        with log.open("ab") as errors:
            self._process = subprocess.Popen(
                [str(python), str(script)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                env=quiet() | {"PYTHONPATH": os.pathsep.join(paths)},
                text=True,
                encoding="utf-8",
            )
        self._lines: queue.Queue[str] = queue.Queue()
        threading.Thread(target=self._listen, daemon=True).start()

    def __enter__(self) -> "Worker":
        return self

    def __exit__(self, *_: object) -> None:
        if self._process.poll() is None:
            self._process.kill()
        self._process.wait()
        for pipe in (self._process.stdin, self._process.stdout):
            with suppress(OSError):  # unsent lines of a worker that has ended
                pipe.close()

    def _listen(self) -> None:
        for line in self._process.stdout:
            self._lines.put(line)
        self._lines.put("")

    def send(self, messages: Iterable[Mapping[str, object]]) -> None:
        """Send lines that are not answered.

        Raises:
            WorkerFailed: it has ended.
        """
        try:
            for message in messages:
                self._process.stdin.write(json.dumps(message) + "\n")
            self._process.stdin.flush()
        except OSError:
            raise self._ended() from None

    def ask(self, message: Mapping[str, object], *, patience: float) -> dict[str, Any]:
        """Send a line and wait for what is answered to it.

        Raises:
            WorkerFailed: it has ended, says nothing for ``patience`` seconds, or could not do it.
        """
        self.send([message])
        try:
            line = self._lines.get(timeout=patience)
        except queue.Empty:
            raise WorkerFailed(f"no answer in {patience:.0f} s; see {self._log}") from None
        if not line:
            raise self._ended()
        ((kind, value),) = json.loads(line).items()
        if kind == "failed":
            raise WorkerFailed(value["reason"])
        return value

    @property
    def running(self) -> bool:
        """Whether it can still be asked."""
        return self._process.poll() is None

    def _ended(self) -> WorkerFailed:
        code = self._process.wait()
        lines = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
        said = lines[-1][:200] if lines else "nothing"
        return WorkerFailed(
            f"the worker ended with {code} and said: {said} (all of it: {self._log})"
        )
