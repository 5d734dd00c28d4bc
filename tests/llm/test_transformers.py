import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from types import GeneratorType
from typing import TYPE_CHECKING

import pytest

from rag.errors import Cancelled, GenerateError, ModelError, ModelMissing
from rag.llm import LIKELIEST
from rag.llm.batching import Request, padded, together
from rag.llm.cancelling import cancelled_by
from rag.llm.transformers import TransformersGenerator
from rag.types import Message

if TYPE_CHECKING:
    import torch


def until(done: Callable[[], bool]) -> None:
    """Wait for what another thread does."""
    end = time.monotonic() + 30
    while not done():
        assert time.monotonic() < end
        time.sleep(0.001)


CHAT = [Message("system", "the mayor"), Message("user", "who opened the bridge ?")]


def _tiny_t5(folder: Path) -> Path:
    """A T5 with random weights and a dozen words: it writes nonsense, but it writes."""
    import torch
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import Whitespace
    from transformers import PreTrainedTokenizerFast, T5Config, T5ForConditionalGeneration

    words = "<pad> </s> <unk> who opened the bridge mayor shares fell . ?".split()
    vocabulary = {word: place for place, word in enumerate(words)}
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="<unk>"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=tokenizer, pad_token="<pad>", eos_token="</s>", unk_token="<unk>"
    )
    torch.manual_seed(1)
    config = T5Config(  # type: ignore[call-arg]
        vocab_size=len(words), d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2,
        decoder_start_token_id=0, pad_token_id=0, eos_token_id=None, tie_word_embeddings=False,
    )  # fmt: skip
    model = T5ForConditionalGeneration(config)
    assert model.generation_config is not None
    model.generation_config.suppress_tokens = [0, 1, 2]  # words only, whatever the weights are
    model.save_pretrained(folder)
    fast.save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def t5(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TransformersGenerator]:
    folder = _tiny_t5(tmp_path_factory.mktemp("models") / "tiny-t5")
    generator = TransformersGenerator(folder, context_length=64, device="cpu")
    yield generator
    generator.close()


@pytest.fixture(scope="module")
def causal(smollm2_path: Path) -> Iterator[TransformersGenerator]:
    generator = TransformersGenerator(smollm2_path, identity="smol", device="cpu")
    yield generator
    generator.close()


@pytest.mark.slow
def test_a_sequence_to_sequence_model_streams(t5: TransformersGenerator) -> None:
    pieces = list(t5.stream(CHAT, max_tokens=9))
    assert "".join(pieces).strip()
    assert all(pieces)
    assert "".join(t5.stream(CHAT, max_tokens=9)) == "".join(pieces)
    assert t5.usage.prompt_tokens == 7
    assert t5.usage.output_tokens == 9
    assert t5.identity == "tiny-t5"
    assert t5.count_tokens("who opened the bridge") == 4


@pytest.mark.slow
def test_a_seed_repeats_and_another_differs(t5: TransformersGenerator) -> None:
    texts = [
        "".join(t5.stream(CHAT, max_tokens=30, temperature=2.0, seed=seed)) for seed in (5, 5, 6)
    ]
    assert texts[0] == texts[1] != texts[2]


@pytest.mark.slow
def test_stop_texts_end_the_reply(t5: TransformersGenerator) -> None:
    whole = "".join(t5.stream(CHAT, max_tokens=30, temperature=2.0, seed=5))
    word = whole.split()[3]
    cut = "".join(t5.stream(CHAT, max_tokens=30, temperature=2.0, seed=5, stop=[word]))
    assert cut == whole[: whole.index(word)]


@pytest.mark.slow
def test_cancelling_ends_a_reply_and_the_next_call(t5: TransformersGenerator) -> None:
    asked = iter([False] * 4)
    said: list[str] = []
    with cancelled_by(lambda: next(asked, True)):
        with pytest.raises(Cancelled):
            said.extend(t5.stream(CHAT, max_tokens=30))
        with pytest.raises(Cancelled):
            t5.first_token(CHAT)
    assert len(said) == 3
    assert list(t5.stream(CHAT, max_tokens=2))


@pytest.mark.slow
def test_a_prompt_beyond_the_context_is_explained(t5: TransformersGenerator) -> None:
    with pytest.raises(GenerateError, match="the prompt has 80 tokens, but tiny-t5 reads 64"):
        list(t5.stream([Message("user", "bridge " * 80)], max_tokens=4))


@pytest.mark.slow
def test_a_missing_and_a_torn_model_are_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match="rag models pull"):
        TransformersGenerator(tmp_path / "none", device="cpu").load()
    with pytest.raises(ModelMissing):
        TransformersGenerator("nobody/no-such-model", device="cpu").load()
    torn = _tiny_t5(tmp_path / "torn")
    (torn / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match="transformers cannot load"):
        TransformersGenerator(torn, device="cpu").load()


@pytest.mark.slow
def test_the_same_gguf_as_llama_cpp_answers_through_its_template(
    causal: TransformersGenerator,
) -> None:
    chat = [Message("user", "What is the capital of France? Answer in one word.")]
    assert "Paris" in "".join(causal.stream(chat, max_tokens=12))
    assert causal.usage.prompt_tokens > causal.count_tokens(chat[0].content)
    assert causal.context_length == 4096


@pytest.mark.slow
def test_closing_the_stream_stops_the_model(causal: TransformersGenerator) -> None:
    stream = causal.stream([Message("user", "Tell a long story.")], max_tokens=500)
    next(stream)
    assert isinstance(stream, GeneratorType)
    stream.close()
    assert causal.usage.output_tokens < 50
    for thread in threading.enumerate():
        if thread.name == "transformers stream":
            thread.join(5)
            assert not thread.is_alive()


@pytest.mark.slow
def test_a_failure_during_a_stream_is_reported(
    t5: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    t5.load()
    assert t5._engine is not None

    def burst(*_args: object, **_options: object) -> None:
        raise RuntimeError("out of memory")

    monkeypatch.setattr(t5._engine.model, "generate", burst)
    with pytest.raises(GenerateError, match="tiny-t5 failed: out of memory"):
        list(t5.stream(CHAT, max_tokens=4))


@pytest.mark.slow
def test_the_first_token_of_a_sequence_to_sequence_model(t5: TransformersGenerator) -> None:
    # The whole vocabulary has fewer words than are reported of a real model.
    likely = t5.first_token(CHAT)
    assert t5.first_token(CHAT) == likely
    assert all(0 <= share <= 1 for share in likely.values())
    assert sum(likely.values()) == pytest.approx(1, abs=1e-3)
    with pytest.raises(GenerateError, match="but tiny-t5 reads 64"):
        t5.first_token([Message("user", "the bridge " * 40)])


@pytest.mark.slow
def test_the_first_token_is_the_one_that_is_written(causal: TransformersGenerator) -> None:
    chat = [Message("user", "What is the capital of France? Answer in one word.")]
    likely = causal.first_token(chat)
    assert len(likely) == LIKELIEST
    assert 0.5 < sum(likely.values()) <= 1 + 1e-3
    first = max(likely, key=lambda token: likely[token])
    pieces = list(causal.stream(chat, max_tokens=6))
    assert "".join(pieces).startswith(first)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["t5", "causal"])
def test_streams_that_wait_are_written_in_one_padded_batch(
    kind: str, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    alone: TransformersGenerator = request.getfixturevalue(kind)
    chats = [
        [Message("user", f"who opened the {'bridge ' * times}? Answer in a word.")]
        for times in (1, 2, 4, 3)
    ]
    expected = ["".join(alone.stream(chat, max_tokens=12)) for chat in chats]
    sizes = list[int]()
    assert alone._engine is not None
    generate = alone._engine.model.generate

    def counted(ids: "torch.Tensor", **options: object) -> object:
        sizes.append(len(ids))
        return generate(ids, **options)  # type: ignore[operator]

    monkeypatch.setattr(alone._engine.model, "generate", counted)
    monkeypatch.setattr(alone._queue, "_most", 3)
    found = [""] * len(chats)
    costs = [0] * len(chats)

    taken = list[Request]()
    following = alone._queue._next

    def noted() -> list[Request]:
        batch = following()
        taken.extend(batch)
        return batch

    monkeypatch.setattr(alone._queue, "_next", noted)

    def arrived(number: int) -> bool:
        return bool(taken) and len(taken) + len(alone._queue._waiting) >= number

    def ask(place: int) -> None:
        found[place] = "".join(alone.stream(chats[place], max_tokens=12))
        costs[place] = alone.usage.prompt_tokens

    with alone._writing:  # they all wait, but for the first
        threads = [threading.Thread(target=ask, args=(place,)) for place in range(len(chats))]
        for number, thread in enumerate(threads, start=1):
            thread.start()
            until(partial(arrived, number))
    for thread in threads:
        thread.join()
    assert found == expected
    assert sizes == [1, 3]
    assert len(set(costs)) == 4


@pytest.mark.slow
def test_sampled_replies_and_unlike_prompts_are_written_apart(t5: TransformersGenerator) -> None:
    def waiting(length: int, temperature: float = 0.0) -> Request:
        return Request(torch.zeros(length), Silent(), max_tokens=1, temperature=temperature, seed=0)  # type: ignore[arg-type]

    import torch

    class Silent:
        """Nobody listens."""

    short, longer, long, sampled = waiting(10), waiting(20), waiting(21), waiting(10, 0.7)
    assert together([short, sampled, longer, long]) == [short, longer]
    assert together([long, short, longer]) == [long, longer]
    assert together([sampled, sampled]) == [sampled]
    assert together([]) == []
    ids, mask = padded([torch.tensor([7, 8, 9]), torch.tensor([5])], 0, left=True)
    assert ids.tolist() == [[7, 8, 9], [0, 0, 5]]
    assert mask.tolist() == [[1, 1, 1], [0, 0, 1]]
    ids, mask = padded([torch.tensor([7, 8, 9]), torch.tensor([5])], 0, left=False)
    assert ids.tolist() == [[7, 8, 9], [5, 0, 0]]
