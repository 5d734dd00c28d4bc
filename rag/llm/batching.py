"""Batch the requests waiting for one transformers model, generated together with padding."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import TextIteratorStreamer

_LINGER = 0.05  # seconds for callers whose batch has ended to return with their next prompt
_UNLIKE = 2  # maximum length ratio of two prompts padded together


class Request:
    """One request. ``prompt`` is its token ids (tokens,); its caller reads ``pieces``."""

    def __init__(
        self,
        prompt: "torch.Tensor",
        pieces: "TextIteratorStreamer",
        *,
        max_tokens: int,
        temperature: float,
        seed: int,
    ) -> None:
        """Create a request; nothing is generated yet."""
        self.prompt, self.pieces = prompt, pieces
        self.max_tokens, self.temperature, self.seed = max_tokens, temperature, seed
        self.stop = threading.Event()
        self.written = 0
        self.ended = False
        self.error: Exception | None = None

    def take(self, token: "torch.Tensor", ends: frozenset[int]) -> None:
        """Pass on the next token (1,); the stream ends with it if it is one of ``ends``."""
        self.written += 1
        self.pieces.put(token)  # type: ignore[no-untyped-call]
        if int(token) in ends or self.written >= self.max_tokens or self.stop.is_set():
            self.end()

    def end(self, error: Exception | None = None) -> None:
        """End the stream; ending twice is fine."""
        if not self.ended:
            self.ended, self.error = True, error
            self.pieces.end()  # type: ignore[no-untyped-call]


class Turn:
    """A running batch; transformers calls it after each token and ends the rows it reports."""

    def __init__(self, requests: Sequence[Request], ends: frozenset[int]) -> None:
        """Watch these requests; ``ends`` are the tokens that end a reply."""
        self.requests, self.ends = requests, ends

    def __call__(
        self, input_ids: "torch.Tensor", scores: object, **_options: object
    ) -> "torch.Tensor":
        """Return whether each row (batch,) has ended."""
        import torch

        latest = input_ids[:, -1].cpu()
        for row, request in enumerate(self.requests):
            if not request.ended:
                request.take(latest[row : row + 1], self.ends)
        ended = [request.ended for request in self.requests]
        return torch.tensor(ended, device=input_ids.device)


class Gathering:
    """A request queue for the model: one thread generates as many requests at once as fit together.

    Only replies at temperature 0 are batched, and only prompts of similar length, because shorter
    ones are padded. The thread ends when the queue is empty.
    """

    def __init__(self, write: Callable[[Sequence[Request]], None], most: int) -> None:
        """Set up the queue; ``write`` answers at most ``most`` requests and never raises."""
        self._write, self._most = write, most
        self._lock = threading.Lock()
        self._waiting: list[Request] = []
        self._at_work = False

    def add(self, request: Request) -> None:
        """Queue a request; it is generated as soon as the model is free."""
        with self._lock:
            self._waiting.append(request)
            if not self._at_work:
                self._at_work = True
                threading.Thread(target=self._serve, name="transformers stream").start()

    def _serve(self) -> None:
        while batch := self._next():
            self._write(batch)
            if len(batch) > 1:
                time.sleep(_LINGER)

    def _next(self) -> list[Request]:
        with self._lock:
            for request in [each for each in self._waiting if each.stop.is_set()]:
                request.end()
                self._waiting.remove(request)
            batch = together(self._waiting)[: self._most]
            self._waiting = [each for each in self._waiting if each not in batch]
            self._at_work = bool(batch)
            return batch


def together(waiting: Sequence[Request]) -> list[Request]:
    """Return the first waiting request, and all others that can be batched with it."""
    if not waiting or waiting[0].temperature > 0:
        return list(waiting[:1])
    length = len(waiting[0].prompt)
    return [
        each
        for each in waiting
        if each.temperature == 0
        and length <= _UNLIKE * len(each.prompt) <= _UNLIKE * _UNLIKE * length
    ]


def padded(
    prompts: Sequence["torch.Tensor"], padding: int, *, left: bool
) -> tuple["torch.Tensor", "torch.Tensor"]:
    """Return prompts (tokens,) as one tensor (batch, longest), and a mask that is 0 for padding.

    Causal models continue at the end, so their prompts are padded on the left.
    """
    import torch

    longest = max(len(prompt) for prompt in prompts)
    ids = torch.full((len(prompts), longest), padding, device=prompts[0].device)
    mask = torch.zeros_like(ids)
    for row, prompt in enumerate(prompts):
        place = slice(longest - len(prompt), None) if left else slice(len(prompt))
        ids[row, place] = prompt
        mask[row, place] = 1
    return ids, mask
