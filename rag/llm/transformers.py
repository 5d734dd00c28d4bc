"""Run any causal or sequence-to-sequence model of the Hugging Face hub, on a GPU or, slowly, a CPU.

GGUF files are first unpacked to full precision, which takes a minute and correspondingly more
memory.
"""

import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.cpu import share_cores
from rag.errors import GenerateError, ModelError, ModelMissing, PromptTooLong
from rag.llm import LIKELIEST, Usage
from rag.llm.batching import BatchQueue, EndOfReplies, Request, padded
from rag.llm.cancelling import begin_call, check_cancelled
from rag.llm.engine import Engine, as_dicts
from rag.llm.stop_texts import cut_at
from rag.types import Message

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerBase


@dataclass(frozen=True, slots=True)
class _Engine:
    model: "PreTrainedModel"
    tokenizer: "PreTrainedTokenizerBase"
    device: str
    seq2seq: bool
    context_length: int


class TransformersGenerator(Engine):
    """A model run by the transformers library; waiting streams are generated in one batch.

    Whether it is causal or sequence-to-sequence (T5, BART) is read from its configuration. Chats
    are rendered with the model's own template; a model without one gets the plain texts.
    """

    def __init__(
        self,
        path: Path | str,
        *,
        identity: str = "",
        context_length: int = 4096,
        device: str = "auto",
        parallel: int = 1,
    ) -> None:
        """Configure the model; nothing is read yet.

        Args:
            path: a model folder, a GGUF file, or (as text) the name of a model in the hub's cache.
            identity: the name of the model; by default the path's stem.
            context_length: tokens of prompt and output; the model's own limit if that is less.
            device: ``cpu``, ``cuda``, ``mps`` or ``auto``, which takes the best available.
            parallel: how many streams are generated at once, in one padded batch.
        """
        super().__init__(identity or Path(path).stem, context_length)
        self._path = path
        self._device = device
        self._engine: _Engine | None = None
        self._loading = threading.Lock()
        self._writing = threading.Lock()
        self._queue = BatchQueue(self._write, parallel)

    @property
    def context_length(self) -> int:
        """The length given; once the model is loaded, no more than its own limit."""
        return self._engine.context_length if self._engine else self._context_length

    def load(self) -> None:
        """Load tokenizer and weights, if they are not loaded. One thread loads, others wait."""
        self._ready()

    def close(self) -> None:
        """Free the memory once a running stream has ended. A later ``stream`` loads again."""
        with self._loading, self._writing:
            self._engine = None

    def count_tokens(self, text: str) -> int:
        """Return how many tokens the text takes, by the model's tokenizer."""
        return len(self._ready().tokenizer(text, add_special_tokens=False)["input_ids"])

    def first_token(self, messages: Sequence[Message]) -> Mapping[str, float]:
        """Return the likeliest first tokens with probabilities; see :class:`rag.llm.Generator`."""
        begin_call()
        engine = self._ready()
        import torch

        prompt = self._prompt(engine, messages)
        begin = engine.model.config.decoder_start_token_id if engine.seq2seq else None
        decoder = {"decoder_input_ids": prompt.new_tensor([[begin]])} if engine.seq2seq else {}
        with self._writing, torch.inference_mode():
            logits = engine.model(prompt, **decoder).logits[0, -1]  # (vocabulary,)
        return _likeliest(engine, torch.log_softmax(logits.float(), dim=-1))

    def _prompt(self, engine: _Engine, messages: Sequence[Message]) -> "torch.Tensor":
        prompt = _encoded(engine, messages)
        read = int(prompt.shape[1])
        if read >= engine.context_length:
            raise PromptTooLong(
                f"the prompt has {read:,} tokens, but {self._identity} reads "
                f"{engine.context_length:,}; use fewer passages"
            )
        return prompt

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """Yield the reply in pieces; see :class:`rag.llm.Generator`."""
        begin_call()
        engine = self._ready()
        from transformers import TextIteratorStreamer

        prompt = self._prompt(engine, messages)
        read = int(prompt.shape[1])
        request = Request(
            prompt[0],
            TextIteratorStreamer(engine.tokenizer, skip_special_tokens=True),
            max_tokens=min(max_tokens, engine.context_length - read),
            temperature=temperature,
            seed=seed,
        )
        self._queue.add(request)
        try:
            # One text for each token, empty while a word continues.
            for piece in cut_at(filter(None, request.pieces), stop):
                check_cancelled()
                yield piece
            if request.error is not None:
                raise GenerateError(f"{self._identity} failed: {request.error}") from request.error
        finally:
            request.stop.set()
            self._record(Usage(read, 0, request.written))

    def _write(self, requests: Sequence[Request]) -> None:
        try:
            engine = self._ready()
            with self._writing:
                self._generate(engine, requests)
        except Exception as error:  # noqa: BLE001 - handed to whoever reads the streams
            for request in requests:
                request.end(error)
        for request in requests:
            request.end()

    def _generate(self, engine: _Engine, requests: Sequence[Request]) -> None:
        import torch
        from transformers import StoppingCriteriaList

        first, sampling = requests[0], requests[0].temperature > 0
        padding = _padding(engine)
        ids, mask = padded(
            [request.prompt for request in requests], padding or 0, left=not engine.seq2seq
        )
        if sampling:
            torch.manual_seed(first.seed)
        engine.model.generate(  # type: ignore[operator]
            ids,
            attention_mask=mask,
            max_new_tokens=max(request.max_tokens for request in requests),
            do_sample=sampling,
            temperature=first.temperature if sampling else None,
            top_p=None,
            top_k=None,
            pad_token_id=padding,
            stopping_criteria=StoppingCriteriaList([EndOfReplies(requests, _ends(engine))]),
        )

    def _ready(self) -> _Engine:
        with self._loading:
            if self._engine is None:
                try:
                    self._engine = self._open()
                except Exception as error:
                    raise self._unreadable(error) from error
            return self._engine

    def _unreadable(self, error: Exception) -> ModelError:
        reason = next(iter(str(error).strip().splitlines()), type(error).__name__)
        if not Path(self._path).exists():
            return ModelMissing(
                f"there is no model {self._path} on this machine ({reason}); "
                "fetch one with: rag models pull"
            )
        return ModelError(f"transformers cannot load {self._path}: {reason}")

    def _open(self) -> _Engine:
        share_cores()
        from transformers import (
            AutoConfig,
            AutoModelForCausalLM,
            AutoModelForSeq2SeqLM,
            AutoTokenizer,
        )
        from transformers.utils import logging

        logging.disable_progress_bar()  # type: ignore[no-untyped-call]
        path = Path(self._path)
        gguf = path.name if path.suffix == ".gguf" else None
        where = str(path.parent) if gguf else str(self._path)
        source = {"gguf_file": gguf, "local_files_only": True}
        device = _chosen(self._device)
        config = AutoConfig.from_pretrained(where, **source)
        tokenizer = AutoTokenizer.from_pretrained(where, **source)
        seq2seq = bool(config.is_encoder_decoder)
        kind = AutoModelForSeq2SeqLM if seq2seq else AutoModelForCausalLM
        dtype = "float32" if device == "cpu" else "auto"
        model = kind.from_pretrained(where, dtype=dtype, **source)
        model.to(device).eval()  # type: ignore[arg-type]
        limit = getattr(config, "max_position_embeddings", None) or self._context_length
        return _Engine(model, tokenizer, device, seq2seq, min(limit, self._context_length))


def _encoded(engine: _Engine, messages: Sequence[Message]) -> "torch.Tensor":
    """Return the chat as token ids (1, tokens)."""
    tokenizer = engine.tokenizer
    templated = bool(tokenizer.chat_template) and not engine.seq2seq
    text = _templated(tokenizer, messages) if templated else _plain(messages, engine.seq2seq)
    # A template adds its own begin and end tokens.
    found = tokenizer(text, return_tensors="pt", add_special_tokens=not templated)
    ids: torch.Tensor = found["input_ids"].to(engine.device)
    return ids


def _templated(tokenizer: "PreTrainedTokenizerBase", messages: Sequence[Message]) -> str:
    from jinja2 import TemplateError

    def render(chat: Sequence[Message]) -> str:
        return str(
            tokenizer.apply_chat_template(
                as_dicts(chat), tokenize=False, add_generation_prompt=True, enable_thinking=False
            )
        )

    try:
        return render(messages)
    except TemplateError:  # Some templates know no system role: merge it into the first turn.
        if len(messages) < 2 or messages[0].role != "system":
            raise
        first = Message("user", f"{messages[0].content}\n\n{messages[1].content}")
        return render((first, *messages[2:]))


def _plain(messages: Sequence[Message], seq2seq: bool) -> str:
    if seq2seq:
        return "\n\n".join(each.content for each in messages)
    turns = [f"{each.role.capitalize()}: {each.content}" for each in messages]
    return "\n\n".join([*turns, "Assistant:"])


def _likeliest(engine: _Engine, logprobs: "torch.Tensor") -> dict[str, float]:
    """Return the likeliest tokens of (vocabulary,) as text; equal texts add up."""
    likely = logprobs.topk(min(LIKELIEST, len(logprobs)))
    found: dict[str, float] = {}
    for number, share in zip(likely.indices.tolist(), likely.values.exp().tolist(), strict=True):
        text = str(engine.tokenizer.decode([number]))
        found[text] = found.get(text, 0.0) + share
    return found


def _padding(engine: _Engine) -> int | None:
    known = (engine.tokenizer.pad_token_id, engine.tokenizer.eos_token_id)
    return next((int(token) for token in known if isinstance(token, int)), None)


def _ends(engine: _Engine) -> frozenset[int]:
    """Return the tokens with which the model ends a reply."""
    known = getattr(engine.model.generation_config, "eos_token_id", None)
    found = known if isinstance(known, list) else [known]
    return frozenset(int(token) for token in found if token is not None)


def _chosen(device: str) -> str:
    import torch

    if device != "auto":
        return device
    if torch.cuda.is_available():
        return "cuda"
    return "mps" if torch.backends.mps.is_available() else "cpu"
