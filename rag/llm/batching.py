"""Batch the requests waiting for one transformers model, generated together with padding."""

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import TextIteratorStreamer

_LINGER = 0.05  # seconds for callers whose batch has ended to return with their next prompt
_UNLIKE = 2  # maximum length ratio of two prompts padded together


@dataclass(eq=False, slots=True)
class Request:
    """One request. ``prompt`` is its token ids (tokens,); its caller reads ``pieces``."""

    prompt: "torch.Tensor"
    pieces: "TextIteratorStreamer"
    max_tokens: int
    temperature: float
    seed: int
    stop: threading.Event = field(default_factory=threading.Event)
    written: int = 0
    ended: bool = False
    error: Exception | None = None

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


class EndOfReplies:
    """A stopping criterion of transformers, called after each token of a batch."""

    def __init__(self, requests: Sequence[Request], ends: frozenset[int]) -> None:
        """Watch these requests; ``ends`` are the tokens that end a reply."""
        self._requests, self._ends = requests, ends

    def __call__(
        self, input_ids: "torch.Tensor", scores: object, **_options: object
    ) -> "torch.Tensor":
        """Pass on each row's latest token; return which rows (batch,) have ended."""
        import torch

        latest = input_ids[:, -1].cpu()
        for row, request in enumerate(self._requests):
            if not request.ended:
                request.take(latest[row : row + 1], self._ends)
        ended = [request.ended for request in self._requests]
        return torch.tensor(ended, device=input_ids.device)


class BatchQueue:
    """The requests waiting for a model; one thread generates as many at once as fit together.

    Only replies at temperature 0 are batched, and only prompts of similar length, because shorter
    ones are padded. The thread ends when the queue is empty.
    """

    def __init__(self, write: Callable[[Sequence[Request]], None], most: int) -> None:
        """Set up the queue; ``write`` answers at most ``most`` requests and never raises."""
        self._write, self._most = write, most
        self._lock = threading.Lock()
        self._waiting: list[Request] = []
        self._running = False

    def add(self, request: Request) -> None:
        """Queue a request; it is generated as soon as the model is free."""
        with self._lock:
            self._waiting.append(request)
            if not self._running:
                self._running = True
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
            self._running = bool(batch)
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
    from torch.nn.utils.rnn import pad_sequence

    side = "left" if left else "right"
    rows, present = list(prompts), [torch.ones_like(prompt) for prompt in prompts]
    ids = pad_sequence(rows, batch_first=True, padding_value=padding, padding_side=side)
    return ids, pad_sequence(present, batch_first=True, padding_side=side)
