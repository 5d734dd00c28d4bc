"""Questions asked from async code: answered side by side, and stopped with their task."""

import asyncio
import time
from contextlib import aclosing
from pathlib import Path

import pytest
from scripted_model import QUOTE, WHO, PausableGenerator

from rag import Answer, Draft, News, samples
from rag.config import load
from rag.errors import QuestionError
from rag.index.embedding import HashEmbedder


@pytest.fixture
def model() -> PausableGenerator:
    return PausableGenerator()


@pytest.fixture
def news(tmp_path: Path, model: PausableGenerator) -> News:
    settings = load("default", overrides=["answer.sure=0.01", "answer.maybe=0.01"], environment={})
    news = News(tmp_path / "index", settings, embedder=HashEmbedder(), generator=model)
    news.ingest([samples.folder()])
    return news


def is_free(model: PausableGenerator) -> bool:
    end = time.monotonic() + 5
    while model.writing and time.monotonic() < end:
        time.sleep(0.01)
    return not model.writing


def test_questions_are_answered_while_other_tasks_go_on(news: News) -> None:
    async def both() -> tuple[Answer, Answer]:
        return await asyncio.gather(news.ask_async(WHO), news.ask_async(WHO, k=3))

    for answer in asyncio.run(both()):
        assert answer.text == f"{QUOTE} [1]"
    with news, pytest.raises(QuestionError):
        asyncio.run(news.ask_async(" "))


def test_cancelling_the_task_stops_the_model(news: News, model: PausableGenerator) -> None:
    async def cancelled() -> int:
        task = asyncio.create_task(news.ask_async(WHO))
        while not model.said:
            await asyncio.sleep(0.01)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return model.said

    model.pace = 0.2
    said = asyncio.run(cancelled())
    assert is_free(model)
    assert model.said <= said + 1


def test_closing_the_stream_stops_the_model(news: News, model: PausableGenerator) -> None:
    async def first_words() -> str:
        async with aclosing(news.stream_async(WHO)) as events:
            async for event in events:
                if isinstance(event, Draft):
                    return event.text
        raise AssertionError("nothing was written")

    model.pace = 0.05
    assert asyncio.run(first_words())
    assert is_free(model)
    assert model.said < len(QUOTE.split())
