"""Streams that wait for one model of the transformers library, written together in padded batches."""

import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch
    from transformers import TextIteratorStreamer

_LINGER = 0.05  # seconds in which those whose batch has ended come back with their next prompt
_UNLIKE = 2  # times as long as the other may one of two prompts be that are padded to one length


class Request:
    """One stream under way. ``prompt`` is its token ids (tokens,); ``pieces`` is read by its caller."""

    def __init__(
        self,
        prompt: "torch.Tensor",
        pieces: "TextIteratorStreamer",
        *,
        max_tokens: int,
        temperature: float,
        seed: int,
    ) -> None:
        """Nothing is written yet."""
        self.prompt, self.pieces = prompt, pieces
        self.max_tokens, self.temperature, self.seed = max_tokens, temperature, seed
        self.stop = threading.Event()
        self.written = 0
        self.ended = False
        self.error: Exception | None = None

    def take(self, token: "torch.Tensor", ends: frozenset[int]) -> None:
        """Hand on the next token (1,); the stream ends with it if it is one of ``ends``."""
        self.written += 1
        self.pieces.put(token)  # type: ignore[no-untyped-call]
        if int(token) in ends or self.written >= self.max_tokens or self.stop.is_set():
            self.end()

    def end(self, error: Exception | None = None) -> None:
        """Nothing more comes; ending twice is fine."""
        if not self.ended:
            self.ended, self.error = True, error
            self.pieces.end()  # type: ignore[no-untyped-call]


class Turn:
    """A batch while it is written; transformers calls it after each token and ends the rows it names."""

    def __init__(self, requests: Sequence[Request], ends: frozenset[int]) -> None:
        """``ends`` are the tokens with which a reply ends."""
        self.requests, self.ends = requests, ends

    def __call__(
        self, input_ids: "torch.Tensor", scores: object, **_options: object
    ) -> "torch.Tensor":
        """Whether each row (batch,) has ended."""
        import torch

        latest = input_ids[:, -1].cpu()
        for row, request in enumerate(self.requests):
            if not request.ended:
                request.take(latest[row : row + 1], self.ends)
        ended = [request.ended for request in self.requests]
        return torch.tensor(ended, device=input_ids.device)


class Gathering:
    """Those who wait for the model: a thread writes for them, as many at once as go together.

    Only replies at temperature 0 go together, and only prompts of about one length: the shorter
    ones are padded. The thread ends when nobody waits.
    """

    def __init__(self, write: Callable[[Sequence[Request]], None], most: int) -> None:
        """``write`` writes the replies to at most ``most`` requests, and raises nothing."""
        self._write, self._most = write, most
        self._lock = threading.Lock()
        self._waiting: list[Request] = []
        self._at_work = False

    def add(self, request: Request) -> None:
        """Have a request written as soon as the model is free."""
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
    """The first of those who wait, and all others that can be written with it."""
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
    """Prompts (tokens,) as one tensor (batch, longest), and a mask that is 0 where it is padding.

    Causal models write on at the end, so they are padded on the left.
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
