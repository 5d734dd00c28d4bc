import http.client
import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from types import GeneratorType
from urllib.parse import urlsplit

import pytest

from rag.errors import Cancelled, GenerateError, ModelError, ModelMissing
from rag.llm import LIKELIEST
from rag.llm.cancelling import cancelled_by
from rag.llm.llamacpp import LlamaCppGenerator
from rag.types import Message

ROOT = Path(__file__).resolve().parents[2]
STORY = [Message("user", "Tell a long story about a harbour, a storm and a small boat.")]


@pytest.fixture(scope="module")
def model(smollm2_path: Path) -> Iterator[LlamaCppGenerator]:
    generator = LlamaCppGenerator(smollm2_path, identity="smol", context_length=1024)
    yield generator
    generator.close()


def test_a_missing_file_is_explained(tmp_path: Path) -> None:
    with pytest.raises(ModelMissing, match=r"none\.gguf.*rag models pull"):
        LlamaCppGenerator(tmp_path / "none.gguf").load()


def test_a_file_of_another_kind_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "page.gguf"
    path.write_bytes(b"<html>")
    with pytest.raises(ModelError, match="is not a GGUF file: it begins with"):
        LlamaCppGenerator(path).load()


def test_a_torn_file_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "torn.gguf"
    path.write_bytes(b"GGUF\x03\x00\x00\x00" + bytes(64))
    with pytest.raises(ModelError, match="the engine cannot open"):
        LlamaCppGenerator(path).load()


@pytest.mark.slow
def test_it_writes_and_counts(model: LlamaCppGenerator) -> None:
    chat = [Message("user", "What is the capital of France? Answer in one word.")]
    pieces = list(model.stream(chat, max_tokens=12))
    assert "Paris" in "".join(pieces)
    assert all(pieces)
    assert model.usage.output_tokens >= len(pieces)
    assert model.usage.prompt_tokens > model.count_tokens(chat[0].content) > 8
    assert model.count_tokens("") == 0
    assert model.count_tokens("harbour " * 50) > model.count_tokens("harbour " * 10)


@pytest.mark.slow
def test_temperature_0_repeats_itself_and_a_seed_does_too(smollm2_path: Path) -> None:
    model = LlamaCppGenerator(smollm2_path, context_length=512, reuse=False)
    cold = "".join(model.stream(STORY, max_tokens=40))
    list(model.stream([Message("user", "Something else.")], max_tokens=3))
    assert "".join(model.stream(STORY, max_tokens=40)) == cold
    warm = ["".join(model.stream(STORY, max_tokens=40, temperature=1, seed=7)) for _ in range(2)]
    other = "".join(model.stream(STORY, max_tokens=40, temperature=1, seed=8))
    assert warm[0] == warm[1] != other
    model.close()


@pytest.mark.slow
def test_a_shared_beginning_is_not_read_again(model: LlamaCppGenerator) -> None:
    sources = Message("system", "The river rose and the town moved uphill. " * 60)
    first = [sources, Message("user", "What rose?")]
    answer = "".join(model.stream(first, max_tokens=8))
    read = model.usage.prompt_tokens
    assert read > 500
    follow_up = [*first, Message("assistant", answer), Message("user", "Who moved?")]
    list(model.stream(follow_up, max_tokens=4))
    assert model.usage.cached_tokens > read - 5
    assert model.usage.prompt_tokens - model.usage.cached_tokens < 40


@pytest.mark.slow
def test_what_is_read_ahead_is_not_read_again_with_the_first_question(smollm2_path: Path) -> None:
    model = LlamaCppGenerator(smollm2_path, context_length=1024)
    rules = Message("system", "Answer from the sources alone, in one sentence. " * 20)
    model.read_ahead([rules])
    read = model.usage.prompt_tokens
    assert read > 150
    list(model.stream([rules, Message("user", "Who moved uphill?")], max_tokens=2))
    assert model.usage.cached_tokens > read - 10
    model.close()


@pytest.mark.slow
def test_more_sources_and_a_question_in_between_cost_no_second_reading(
    model: LlamaCppGenerator,
) -> None:
    rules = Message("system", "Answer from the sources alone, in one sentence. " * 10)
    sources, more = "The river rose. " * 40, "The town moved uphill. " * 20
    list(model.stream([rules, Message("user", f"{sources}Who rose?")], max_tokens=8))
    read = model.usage.prompt_tokens
    model.first_token([rules, Message("user", "Did the river rise? Reply Yes or No only.")])
    list(model.stream([rules, Message("user", f"{sources}{more}Who moved?")], max_tokens=2))
    assert model.usage.cached_tokens > read - 20
    # Nor are the rules read again for other sources.
    list(model.stream([rules, Message("user", f"{more}Who moved?")], max_tokens=2))
    assert model.usage.cached_tokens > 80


@pytest.mark.slow
def test_closing_the_stream_stops_the_engine(model: LlamaCppGenerator) -> None:
    stream = model.stream(STORY, max_tokens=900)
    next(stream)
    (run,) = model._runs
    assert isinstance(stream, GeneratorType)
    stream.close()
    run.thread.join(10)
    assert not run.thread.is_alive()
    assert run.chunks.qsize() < 400  # of 900; on a busy machine it is ahead of its reader
    assert "".join(model.stream(STORY, max_tokens=3))


@pytest.mark.slow
def test_cancelling_ends_the_reading_of_a_prompt(smollm2_path: Path) -> None:
    model = LlamaCppGenerator(smollm2_path, context_length=4096)
    long = [Message("user", "The harbour was quiet. " * 700)]
    asked = iter([False] * 2)
    with cancelled_by(lambda: next(asked, True)), pytest.raises(Cancelled):
        model.first_token(long)
    for run in list(model._runs):
        run.thread.join(10)
    assert not model._runs
    list(model.stream(long, max_tokens=1))
    assert model.usage.cached_tokens < model.usage.prompt_tokens - 500  # it was not read to its end
    model.close()


def test_cancelling_does_not_wait_for_the_engine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Busy:
        """An engine that reads one batch for as long as the test runs."""

        listening_address = ""

        def handle_chat_completions(self, _request: object, _hear: object) -> None:
            ended.wait(60)

    ended = threading.Event()
    model = LlamaCppGenerator(tmp_path / "none.gguf")
    monkeypatch.setattr(model, "_ready", Busy)
    stop = threading.Event()
    threading.Timer(0.3, stop.set).start()
    begun = time.monotonic()
    with cancelled_by(stop.is_set), pytest.raises(Cancelled):
        list(model.stream(STORY, max_tokens=1))
    assert time.monotonic() - begun < 30
    ended.set()


@pytest.mark.slow
def test_stop_texts_end_the_reply(model: LlamaCppGenerator) -> None:
    whole = "".join(model.stream(STORY, max_tokens=40))
    word = whole.split()[4]
    cut = "".join(model.stream(STORY, max_tokens=40, stop=[word]))
    assert word not in cut
    assert whole.startswith(cut.rstrip())


@pytest.mark.slow
def test_a_prompt_beyond_the_context_is_explained(model: LlamaCppGenerator) -> None:
    with pytest.raises(GenerateError, match=r"the prompt has [\d,]+ tokens, but smol .* 1,024"):
        list(model.stream([Message("user", "word " * 1500)], max_tokens=4))
    assert list(model.stream(STORY, max_tokens=2))


@pytest.mark.slow
def test_threads_share_one_model(smollm2_path: Path) -> None:
    model = LlamaCppGenerator(smollm2_path, context_length=512, parallel=2)
    out: dict[int, str] = {}

    def ask(number: int) -> None:
        chat = [Message("user", f"Count from {number}.")]
        out[number] = "".join(model.stream(chat, max_tokens=10))

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(out) == [0, 1, 2, 3]
    assert all(out.values())
    model.close()


@pytest.mark.slow
def test_close_ends_a_reader_with_an_error_and_loads_again(smollm2_path: Path) -> None:
    model = LlamaCppGenerator(smollm2_path, context_length=1024)
    stream = model.stream(STORY, max_tokens=900)
    next(stream)
    model.close()
    with pytest.raises(GenerateError, match="was closed before it had finished"):
        list(stream)
    assert list(model.stream(STORY, max_tokens=2))
    model.close()


@pytest.mark.slow
def test_an_engine_that_is_closed_at_once_does_not_wait_for_ever(smollm2_path: Path) -> None:
    code = f"""
from pathlib import Path
from rag.llm.llamacpp import LlamaCppGenerator
generator = LlamaCppGenerator(Path({str(smollm2_path)!r}), context_length=256)
for _ in range(10):
    generator.load()
    generator.close()
"""
    # In a process of its own: one that waits in the engine holds Python's lock and cannot be interrupted.
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True, timeout=60)


@pytest.mark.slow
def test_the_port_of_the_engine_is_locked(model: LlamaCppGenerator) -> None:
    model.load()
    assert model._server is not None
    address = urlsplit(model._server.listening_address)
    assert address.hostname == "127.0.0.1"
    for method, path in (
        ("POST", "/tokenize"),
        ("POST", "/v1/chat/completions"),
        ("GET", "/props"),
    ):
        ask = http.client.HTTPConnection("127.0.0.1", address.port, timeout=5)
        ask.request(method, path, json.dumps({"content": "x"}), {"Authorization": "Bearer no"})
        assert ask.getresponse().status == 401, path
        ask.close()


@pytest.mark.slow
def test_nothing_is_printed_and_the_process_ends_in_the_middle_of_a_stream(
    smollm2_path: Path,
) -> None:
    program = (
        "import sys, pathlib; from rag.llm.llamacpp import LlamaCppGenerator as G;"
        "from rag.types import Message as M;"
        "g = G(pathlib.Path(sys.argv[1]), context_length=2048);"
        "s = g.stream([M('user', 'Tell a long story.')], max_tokens=2000); next(s)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(smollm2_path)],
        capture_output=True, text=True, timeout=15, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.slow
def test_the_first_token_is_weighed_without_writing(model: LlamaCppGenerator) -> None:
    chat = [Message("user", "What is the capital of France? Answer in one word.")]
    likely = model.first_token(chat)
    assert model.usage.output_tokens == 1
    assert len(likely) == LIKELIEST
    assert 0.5 < sum(likely.values()) <= 1 + 1e-6
    first = max(likely, key=lambda token: likely[token])
    assert "".join(model.stream(chat, max_tokens=12)).startswith(first)
    assert model.first_token(chat) == pytest.approx(likely, abs=0.05)
    other = model.first_token([Message("user", "Write the number seven as a digit.")])
    assert max(other, key=lambda token: other[token]) != first or other != likely


@pytest.mark.slow
def test_the_first_token_of_a_prompt_that_does_not_fit(model: LlamaCppGenerator) -> None:
    with pytest.raises(GenerateError, match="tokens, but smol is set to read 1,024"):
        model.first_token([Message("user", "harbour " * 2000)])
    assert model.first_token(STORY)  # and the engine goes on
