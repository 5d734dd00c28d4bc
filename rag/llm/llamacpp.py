"""Run GGUF models in this process with llama.cpp's own server core (the package ``xllamacpp``).

The engine also opens an HTTP port on the loopback address, which cannot be switched off. It is
locked with a random key, serves no page, and is used here only to count tokens.
"""

import http.client
import json
import queue
import secrets
import threading
import weakref
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from rag.cpu import available_processors, share_cores
from rag.errors import GenerateError, ModelError, ModelMissing, PromptTooLong
from rag.llm import Usage
from rag.llm.cancelling import check_cancelled
from rag.llm.engine import ChatEngine, Chunk
from rag.llm.llamacpp_stream import Run, Server, end_all
from rag.types import Message

# Prompt tokens per batch. A stream that is closed while its prompt is read ends only between two
# batches, in about a second on two cores; batches of 256 save 7% of the reading time.
_BATCH = 64
_POLL = 0.1  # seconds between two looks whether a call was cancelled
_CACHE_MIB = 256  # for alternating conversations
_READ_BLOCK = 8 << 20
_COUNT_SECONDS = 60.0


class LlamaCppGenerator(ChatEngine):
    """A GGUF model on this machine's processor (or GPU, if xllamacpp was built for one).

    Up to ``parallel`` streams run concurrently; others are queued. A prefix that a prompt shares
    with an earlier one is not read again, unless ``reuse`` is off.

    Loading holds Python's global lock for one to three seconds, because the engine does; the file
    is read into the system's cache beforehand, without the lock.
    """

    def __init__(
        self,
        path: Path,
        *,
        identity: str = "",
        context_length: int = 4096,
        threads: int | None = None,
        gpu_layers: int = 0,
        parallel: int = 1,
        reuse: bool = True,
    ) -> None:
        """Configure the model; nothing is read yet.

        Args:
            path: the GGUF file.
            identity: the name of the model; by default the file's name without its suffix.
            context_length: tokens of prompt and output together, for each stream.
            threads: how many the engine computes with; None: all that this process may use.
            gpu_layers: layers of the model that a GPU takes, -1 for all (in builds for one).
            parallel: how many streams run concurrently; each takes memory for its context.
            reuse: do not read a prefix shared with an earlier prompt again. A prompt read in other
                portions is rounded differently, which may decide a near tie; without reuse, the
                same chat at temperature 0 always gives the same text.
        """
        super().__init__(identity or path.stem, context_length)
        self._path = path
        self._threads = threads or available_processors()
        self._gpu_layers = gpu_layers
        self._parallel = parallel
        self._reuse = reuse
        self._key = secrets.token_urlsafe(32)
        self._lock = threading.Lock()
        self._server: Server | None = None
        self._runs: set[Run] = set()
        self._count = lru_cache(maxsize=4096)(self._ask_count)
        # No thread may be inside the engine when the interpreter exits.
        weakref.finalize(self, end_all, self._runs)

    def load(self) -> None:
        """Open the model, if it is not open. One thread loads, others wait for it."""
        self._ready()

    def read_ahead(self, messages: Sequence[Message]) -> None:
        """Prefill the shared beginning of later chats; see :class:`rag.llm.Generator`."""
        if not self._reuse:
            return
        # Some templates require a user turn; it begins the same, whatever is asked.
        turn = () if messages[-1].role == "user" else (Message("user", ""),)
        for _ in self.stream([*messages, *turn], max_tokens=0):
            pass

    def close(self) -> None:
        """Stop running streams and free the memory. A later ``stream`` loads again."""
        with self._lock:
            end_all(self._runs)
            self._server = None

    def _chunks(self, request: Mapping[str, object]) -> Iterator[Chunk]:
        options = {
            "cache_prompt": self._reuse,
            # One chunk for each batch of the prompt: a chance to stop before all of it is read.
            "return_progress": True,
            "chat_template_kwargs": {"enable_thinking": False},
        }
        server = self._ready()
        with self._lock:  # not while close() waits for the others
            run = Run(server, {**request, **options}, self._runs)
        try:
            while (chunk := _next(run)) is not None:
                if isinstance(chunk, Exception):
                    raise GenerateError(f"the engine failed on {self._identity}: {chunk}")
                if trouble := chunk.get("error"):
                    raise self._refused(trouble)
                yield chunk
            if run.stop.is_set():
                raise GenerateError(f"{self._identity} was closed before it had finished")
        finally:
            run.stop.set()

    def _cost(self, chunk: Chunk) -> Usage | None:
        if timings := chunk.get("timings"):
            cached = timings["cache_n"]
            return Usage(timings["prompt_n"] + cached, cached, timings["predicted_n"])
        if progress := chunk.get("prompt_progress"):
            return Usage(progress["total"], progress["cache"])
        return None

    def _refused(self, trouble: Mapping[str, Any]) -> GenerateError:
        if tokens := trouble.get("n_prompt_tokens"):
            return PromptTooLong(
                f"the prompt has {tokens:,} tokens, but {self._identity} is set to read "
                f"{self._context_length:,}; raise the context length or use fewer passages"
            )
        return GenerateError(f"{self._identity} refused: {trouble.get('message', 'no reason')}")

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the text takes in a prompt, by the model's tokenizer; cached."""
        return self._count(text) if text else 0

    def _ask_count(self, text: str) -> int:
        address = urlsplit(self._ready().listening_address)
        ask = http.client.HTTPConnection(
            address.hostname or "127.0.0.1", address.port, timeout=_COUNT_SECONDS
        )
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._key}"}
        try:
            ask.request("POST", "/tokenize", json.dumps({"content": text}), headers)
            return len(json.loads(ask.getresponse().read())["tokens"])
        except (OSError, ValueError, KeyError, http.client.HTTPException) as error:
            raise GenerateError(f"the engine could not count tokens: {error}") from error
        finally:
            ask.close()

    def _ready(self) -> Server:
        with self._lock:
            if self._server is None:
                _read_through(self._path)
                self._server = self._open()
            return self._server

    def _open(self) -> Server:
        share_cores()
        import xllamacpp

        params = xllamacpp.CommonParams()
        params.model.path = str(self._path)
        params.n_ctx = self._context_length * self._parallel
        params.n_parallel = self._parallel
        params.n_batch = params.n_ubatch = _BATCH
        params.cpuparams.n_threads = params.cpuparams_batch.n_threads = self._threads
        params.n_gpu_layers = 9999 if self._gpu_layers < 0 else self._gpu_layers
        params.cache_ram_mib = _CACHE_MIB
        if self._parallel == 1:
            # Otherwise a prompt that shares only the rules with the last one is not looked up in
            # the prompt cache, though a cached one may share its sources too.
            params.slot_prompt_similarity = 0.0
        params.warmup = False  # a second more under Python's lock; the first prompt warms up too
        # Fitting layers to a GPU's memory costs a second, and there is nothing to fit on a CPU.
        params.fit_params = len(xllamacpp.get_device_info()) > 1
        params.verbosity = -1
        params.offline = True
        params.hostnames, params.port = ["127.0.0.1"], 0
        params.api_keys = [self._key]
        params.ui = params.endpoint_slots = False
        params.endpoint_metrics = True
        try:
            opened = xllamacpp.Server(params)
        except RuntimeError as error:
            raise ModelError(
                f"the engine cannot open {self._path}: it is damaged, not supported by this "
                f"xllamacpp, or too large for the free memory ({error})"
            ) from error
        # An engine that is freed before its own thread has started waits for that thread forever;
        # that thread answers the request for metrics.
        opened.handle_metrics()
        server: Server = opened
        return server


def _next(run: Run) -> Chunk | Exception | None:
    """Wait for the next chunk; raise Cancelled, however long the engine takes for it."""
    while True:
        try:
            return run.chunks.get(timeout=_POLL)
        except queue.Empty:
            check_cancelled()


def _read_through(path: Path) -> None:
    """Check that this is a GGUF file, and read it into the system's cache."""
    try:
        with path.open("rb", buffering=0) as stream:
            magic = stream.read(4)
            if magic != b"GGUF":
                raise ModelError(f"{path} is not a GGUF file: it begins with {magic!r}")
            block = bytearray(_READ_BLOCK)
            while stream.readinto(block):
                pass
    except OSError as error:
        raise ModelMissing(
            f"cannot read the model file {path}: {error.strerror}; `rag models pull` fetches models"
        ) from error
