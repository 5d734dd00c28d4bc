"""The class behind ``rag.open``, which ties the other packages together."""

from pathlib import Path
from typing import Unpack, overload

from rag.config import Settings, load
from rag.export import AnswerRow, SummaryRow
from rag.index.embedding import Embedder
from rag.library.awaiting import AsyncMethods
from rag.library.batches import Batch, BatchOptions
from rag.library.estimates import estimate
from rag.library.plans import AnswersPlan, SummariesPlan
from rag.library.summaries import SummaryMethods
from rag.llm import Generator
from rag.search.reranking import Reranker
from rag.types import Answers, Estimate, Summaries


def open_news(
    folder: str | Path,
    *,
    profile: str | None = None,
    settings: Settings | None = None,
    embedder: Embedder | None = None,
    generator: Generator | None = None,
    reranker: Reranker | None = None,
) -> "News":
    """Open the index in ``folder``; the first ``ingest`` creates it. No model is loaded yet.

    Args:
        folder: the index's own folder, such as ``indexes/demo``.
        profile: a name from configs/ or the path of a TOML file; None: ``RAG_PROFILE`` or default.
        settings: used instead of those of a profile.
        embedder: replaces the one named in the settings, as do the next two.
        generator: writes answers and summaries.
        reranker: reorders the retrieved passages.

    Raises:
        ConfigError: if the profile or a setting cannot be used.
    """
    return News(
        Path(folder),
        settings or load(profile),
        embedder=embedder,
        generator=generator,
        reranker=reranker,
    )


class News(AsyncMethods, SummaryMethods):
    """An index and the models used with it. Thread-safe; close it after use."""

    def __enter__(self) -> "News":
        return self

    @overload
    def batch(self, task: Summaries, **options: Unpack[BatchOptions]) -> Batch[SummaryRow]: ...

    @overload
    def batch(self, task: Answers, **options: Unpack[BatchOptions]) -> Batch[AnswerRow]: ...

    def batch(
        self, task: Summaries | Answers, **options: Unpack[BatchOptions]
    ) -> Batch[SummaryRow] | Batch[AnswerRow]:
        """Summarise many articles or answer many questions; resume a batch that was interrupted.

        The input is read before this returns. Items are processed while the rows are consumed,
        several at once, in this process and every other one that has the same batch open.

        Args:
            task: what to do.
            options: ``out``: a file for the rows, ``.jsonl``, ``.csv``, ``.parquet`` or ``.md``;
                the job is stored beside it, in ``OUT.job``; without ``out`` it is discarded at the
                end. ``begin``: ``restart`` discards an existing job; ``resume`` continues it with its
                items as they were first read; by default it is continued if nothing has changed.
                ``progress``: called about twice a second with the status of the job. ``reading``:
                called with the number of items while the input is read. ``cancel``: an event that
                stops the batch, like :meth:`Batch.cancel`. ``streams``: number of items processed
                at once; by default ``[batch] streams``.

        Raises:
            JobChanged: if the job was started with different input or configuration.
            JobProblem: if it cannot be stored, or the file was not written by a batch.
            SourceError: if a file of questions cannot be read.
            IndexMissing: if there is no index and one is needed.
            ModelMissing: if a model is not on this machine.
        """
        streams = options.get("streams") or self.settings.batch.streams
        if isinstance(task, Summaries):
            return Batch(SummariesPlan(self, task), options, streams=streams)
        return Batch(AnswersPlan(self, task), options, streams=streams)

    def estimate(self, task: Summaries | Answers, *, out: str | Path | None = None) -> Estimate:
        """Read the input of a batch and estimate what it would take; no model is loaded.

        Raises what :meth:`batch` raises about the input.
        """
        path, streams = Path(out) if out else None, self.settings.batch.streams
        if isinstance(task, Summaries):
            return estimate(SummariesPlan(self, task), path, streams=streams)
        return estimate(AnswersPlan(self, task), path, streams=streams)
