"""Results of the summaries tab, and the files they are saved as."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from app.components import File
from rag.export import as_csv, as_json, as_jsonl, as_markdown
from rag.types import Article, Digest, Story, Summary, Timing

Row = tuple[Article, Summary]
Kept = tuple[Row, ...] | Digest  # what can be saved

_BOM = "\ufeff"  # by which Excel recognises UTF-8


@dataclass(slots=True)
class Made:
    """The results so far."""

    rows: list[Row] = field(default_factory=list)
    digest: Digest | None = None

    @property
    def kept(self) -> Kept:
        """What can be saved of them."""
        return self.digest or tuple(self.rows)

    @property
    def ready(self) -> bool:
        """Whether there is anything to save."""
        return bool(self.rows or (self.digest and self.digest.stories))


def markdown(kept: Kept) -> File:
    """Export the summaries or the digest as Markdown."""
    parts = [kept] if isinstance(kept, Digest) else [summary for _, summary in kept]
    text = "\n\n".join(map(as_markdown, parts))
    return _file(kept, "md", "text/markdown", text)


def jsonl(kept: Kept) -> File:
    """Export the summaries or stories as JSON Lines."""
    if isinstance(kept, Digest):
        text = "".join(as_json(story, indent=None) + "\n" for story in kept.stories)
    else:
        text = as_jsonl(kept)
    return _file(kept, "jsonl", "application/x-ndjson", text)


def csv(kept: Kept) -> File:
    """Export the summaries or stories as CSV rows."""
    rows = map(_row, kept.stories) if isinstance(kept, Digest) else kept
    return _file(kept, "csv", "text/csv", _BOM + as_csv(rows))


def _file(kept: Kept, ending: str, kind: str, text: str) -> File:
    name = "digest" if isinstance(kept, Digest) else "summaries"
    return {"name": f"{name}.{ending}", "type": kind, "text": text}


def _row(story: Story) -> Row:
    """Turn a story into a summary of articles under its headline."""
    ids = tuple(source.article_id for source in story.sources)
    days = [source.published for source in story.sources if source.published]
    about = Article("", "", story.headline.text, "", published=max(days, default=None))
    return about, Summary(ids, story.text, story.claims, story.citations, "", Timing())


def so_far(query: str, written: Sequence[Story]) -> Digest:
    """Build a digest of the stories written so far, for users who stop before the last one."""
    articles = [source for story in written for source in story.sources]
    copies = sum(len(source.copies) for source in articles)
    total = len(articles) + copies
    return Digest(query, tuple(written), total, copies, len(written), "", Timing())
