"""Results of the summaries tab, and the files they are saved as."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from rag.export import as_csv, as_json, as_jsonl, as_markdown, without_folders
from rag.types import Article, Digest, Story, Summary, Timing

if TYPE_CHECKING:
    from app.components import File

Row = tuple[Article, Summary]
Results = tuple[Row, ...] | Digest  # what can be saved

_BOM = "\ufeff"  # by which Excel recognises UTF-8


@dataclass(slots=True)
class Made:
    """The results so far."""

    rows: list[Row] = field(default_factory=list)
    digest: Digest | None = None

    @property
    def results(self) -> Results:
        """What can be saved of them."""
        return self.digest or tuple(self.rows)

    @property
    def ready(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.rows or (self.digest and self.digest.stories))


def markdown(results: Results) -> "File":
    """Export the summaries or the digest as Markdown."""
    parts = [results] if isinstance(results, Digest) else [summary for _, summary in results]
    text = "\n\n".join(map(as_markdown, parts))
    return _file(results, "md", "text/markdown", text)


def jsonl(results: Results) -> "File":
    """Export the summaries or stories as JSON Lines."""
    results = without_folders(results)
    if isinstance(results, Digest):
        text = "".join(as_json(story, indent=None) + "\n" for story in results.stories)
    else:
        text = as_jsonl(results)
    return _file(results, "jsonl", "application/x-ndjson", text)


def csv(results: Results) -> "File":
    """Export the summaries or stories as CSV rows."""
    results = without_folders(results)
    rows = _rows(results) if isinstance(results, Digest) else results
    return _file(results, "csv", "text/csv", _BOM + as_csv(rows))


def _file(results: Results, ending: str, kind: str, text: str) -> "File":
    name = "digest" if isinstance(results, Digest) else "summaries"
    return {"name": f"{name}.{ending}", "type": kind, "text": text}


def _rows(digest: Digest) -> list[Row]:
    """Turn stories into summaries under their headlines, each of its first article, and their costs.

    A digest has one timing for all its stories: each row has an equal share of it.
    """
    share, whole = len(digest.stories) or 1, digest.timing
    timing = Timing(
        generate=whole.total / share,
        prompt_tokens=whole.prompt_tokens // share,
        output_tokens=whole.output_tokens // share,
    )
    return [(_lead(story), _summary(story, digest.model, timing)) for story in digest.stories]


def _lead(story: Story) -> Article:
    """Return the first article of a story, under the story's headline and last day."""
    first = story.sources[0]
    last = max((each.published for each in story.sources if each.published), default=None)
    return Article(
        first.article_id, first.url, story.headline.text, "", first.publisher, published=last
    )


def _summary(story: Story, model: str, timing: Timing) -> Summary:
    ids = tuple(source.article_id for source in story.sources)
    return Summary(ids, story.text, story.claims, story.citations, model, timing)


def so_far(query: str, written: Sequence[Story], model: str, seconds: float) -> Digest:
    """Build a digest of the stories written so far, for users who stop before the last one."""
    articles = [source for story in written for source in story.sources]
    copies = sum(len(source.copies) for source in articles)
    total = len(articles) + copies
    timing = Timing(generate=seconds)
    return Digest(query, tuple(written), total, copies, len(written), model, timing)
