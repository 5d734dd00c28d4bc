"""Measure a batch of summaries: ``python benchmarks/batch.py [--articles 8] [--streams 1 2 4] [PROFILE...]``.

Prints a Markdown table with articles an hour, for each profile and number of streams, and for a
plain loop over llama.cpp (xllamacpp as its own documentation uses it) with the same prompts. Every
way is given half of the articles and then, in the opposite order of ways, the other half, so that
a machine that grows slower on the way does not favour one.
"""

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from rag import samples
from rag.config import Settings, load
from rag.library import News
from rag.library.components import model_path
from rag.llm.prompts import summary_messages
from rag.types import Article, Summaries

Way = Callable[[Sequence[Article]], int]  # works through articles; returns the tokens written


def main() -> None:
    """Measure the named profiles; by default, default and fast."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("profiles", nargs="*", default=["default", "fast"])
    parser.add_argument("--articles", type=int, default=8, help="an even number, at most 20")
    parser.add_argument("--streams", type=int, nargs="+", default=[], help="default: batch.streams")
    chosen = parser.parse_args()
    print("| profile | way | articles an hour | tokens written | seconds |\n|---|---|---|---|---|")
    for profile in chosen.profiles:
        settings = load(profile)
        measure(profile, settings, chosen.articles, chosen.streams or [settings.batch.streams])


def measure(profile: str, settings: Settings, count: int, streams: Sequence[int]) -> None:
    """Print a line for each method."""
    with tempfile.TemporaryDirectory() as name:
        news = News(Path(name), settings)
        found = [
            each for each in news.articles_in([str(samples.folder())]) if isinstance(each, Article)
        ]
        articles = sorted(found, key=lambda article: len(article.text))[:count]
        ways: dict[str, Way] = {"plain loop over llama.cpp": plain(settings)}
        for number in streams:
            ways[f"rag batch, {number} at once"] = batched(Path(name), settings, number)
        spent = dict.fromkeys(ways, 0.0)
        written = dict.fromkeys(ways, 0)
        halves = (articles[::2], list(ways)), (articles[1::2], list(ways)[::-1])
        for half, order in halves:
            for way in order:
                start = time.perf_counter()
                written[way] += ways[way](half)
                seconds = time.perf_counter() - start
                spent[way] += seconds
                line = f"{profile}, {way}: {len(half)} articles in {seconds:.0f} s"
                print(line, file=sys.stderr, flush=True)
    for way, seconds in spent.items():
        rate = 3600 * len(articles) / seconds
        print(f"| {profile} | {way} | {rate:.0f} | {written[way]} | {seconds:.0f} |", flush=True)


def plain(settings: Settings) -> Way:
    """Send one request after another, each with the prompt of a batch."""
    import xllamacpp

    params = xllamacpp.CommonParams()
    params.model.path = str(model_path(settings.generator.model, settings))
    params.n_ctx, params.n_parallel, params.verbosity = settings.generator.context_length, 1, -1
    threads = len(os.sched_getaffinity(0))
    params.cpuparams.n_threads = params.cpuparams_batch.n_threads = threads
    server = xllamacpp.Server(params)
    sentences = settings.summarize.medium

    def way(articles: Sequence[Article]) -> int:
        written = 0
        for article in articles:
            chat = summary_messages(article, article.text, sentences=sentences)
            reply = server.handle_chat_completions(
                {
                    "messages": [{"role": each.role, "content": each.content} for each in chat],
                    "max_tokens": 60 * (sentences + 1),
                    "temperature": 0,
                }
            )
            written += int(reply["usage"]["completion_tokens"])
        return written

    return way


def batched(folder: Path, settings: Settings, streams: int) -> Way:
    """Run the batch with its job, its file and its own engine."""
    overrides = {
        "generator": settings.generator.model_copy(update={"parallel": streams}),
        "batch": settings.batch.model_copy(update={"streams": streams}),
    }
    news = News(folder / "none", settings.model_copy(update=overrides))
    news.generator.load()

    def way(articles: Sequence[Article]) -> int:
        source = folder / f"{streams}.jsonl"
        from rag.export import as_json

        source.write_text("".join(as_json(each, indent=None) + "\n" for each in articles))
        with news.batch(Summaries((str(source),)), out=folder / "out.csv", begin="restart") as rows:
            return sum(row.output_tokens for row in rows)

    return way


if __name__ == "__main__":
    main()
