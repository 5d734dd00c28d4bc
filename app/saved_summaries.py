"""Results of the summaries tab, and the files they are saved as."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.export import as_csv, as_json, as_jsonl, as_markdown
from rag.types import Article, Digest, Story, Summary, Timing

Row = tuple[Article, Summary]
Kept = tuple[Row, ...] | Digest  # what can be saved

_MARK = "\ufeff"


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


def markdown(kept: Kept) -> dict[str, str]:
    """Export the summaries or the digest as Markdown."""
    if isinstance(kept, Digest):
        return _parcel("digest.md", "text/markdown", as_markdown(kept))
    text = "\n\n".join(as_markdown(summary) for _, summary in kept)
    return _parcel("summaries.md", "text/markdown", text)


def jsonl(kept: Kept) -> dict[str, str]:
    """Export the summaries or stories as JSON Lines."""
    if isinstance(kept, Digest):
        text = "".join(as_json(story, indent=None) + "\n" for story in kept.stories)
        return _parcel("digest.jsonl", "application/x-ndjson", text)
    return _parcel("summaries.jsonl", "application/x-ndjson", as_jsonl(kept))


def csv(kept: Kept) -> dict[str, str]:
    """Export the summaries or stories as CSV rows, with the BOM by which Excel recognises UTF-8."""
    if isinstance(kept, Digest):
        return _parcel("digest.csv", "text/csv", _MARK + as_csv(map(_row, kept.stories)))
    return _parcel("summaries.csv", "text/csv", _MARK + as_csv(kept))


def _parcel(name: str, kind: str, text: str) -> dict[str, str]:
    return {"name": name, "type": kind, "text": text}


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
