"""A digest as Markdown: stories with their timelines, disagreements and sources."""

from collections.abc import Iterator

from rag.export.escaping import escaped, source, with_marks
from rag.export.marks import LEGEND, cited, headed, without_unsupported
from rag.text import written_date
from rag.types import Digest, Disagreement, Event, Source, Story


def digest_page(digest: Digest) -> str:
    """Return the whole digest; text of articles and models is escaped."""
    heading = f"Digest: {digest.query}" if digest.query else "Digest"
    parts = [f"# {escaped(heading)}", digest_note(digest)]
    for story in digest.stories:
        parts += _story(story)
    return "\n\n".join(parts) + "\n"


def digest_note(digest: Digest) -> str:
    """Describe in one sentence what a digest was made from, or that no articles match."""
    if not digest.articles:
        return "No articles match."
    articles = _count(digest.articles, "article", "articles")
    if digest.matching > digest.articles:
        order = "closest" if digest.query else "newest"
        articles = f"The {order} {digest.articles:,} of {digest.matching:,} articles"
    copies = f" ({_count(digest.copies, 'duplicate', 'duplicates')})" if digest.copies else ""
    stories = _count(digest.found, "story", "stories")
    if len(digest.stories) < digest.found:
        stories = f"showing {len(digest.stories):,} of {stories}"
    return f"{articles}{copies}: {stories}."


def _count(number: int, one: str, several: str) -> str:
    return f"{number:,} {one if number == 1 else several}"


def _story(story: Story) -> Iterator[str]:
    yield f"## {escaped(headed(story.headline))}"
    shown = without_unsupported(story.claims)
    yield with_marks(" ".join(map(cited, shown)))
    if not all(claim.supported for claim in shown):
        yield f"*{escaped(LEGEND)}*"
    if story.timeline:
        yield "**What changed**"
        yield "\n".join(map(_event, story.timeline))
    if story.disagreements:
        yield "**Where the articles disagree**"
        yield from map(disagreement, story.disagreements)
    yield "**Sources**"
    for each in story.sources:
        yield _listed(each, story)


def _event(event: Event) -> str:
    return f"- {written_date(event.day)}: {with_marks(cited(event.claim))}"


def disagreement(found: Disagreement) -> str:
    """Return both sides as list items, each with its quote, publisher and date."""
    sides = found.about or ("", "")
    lines = [
        f"- {f'{escaped(side)}: ' if side else ''}“{escaped(quote.quote)}” [{quote.number}]"
        f" ({', '.join(filter(None, (escaped(quote.publisher), written_date(quote.published))))})"
        for side, quote in zip(sides, found.quotes, strict=True)
    ]
    return "\n".join(lines)


def _listed(each: Source, story: Story) -> str:
    """Return a source with its quotes and its copies elsewhere."""
    claims = (story.headline, *story.claims, *(event.claim for event in story.timeline))
    quotes = dict.fromkeys(
        cited.quote for claim in claims for cited in claim.citations if cited.number == each.number
    )
    lines = [f"- [{each.number}] {source(each)}", *(f"  > {escaped(quote)}" for quote in quotes)]
    lines += [f"  - same text in {source(copy)}" for copy in each.copies]
    return "\n\n".join(lines)
