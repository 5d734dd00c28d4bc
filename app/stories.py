"""Render the stories of a digest as HTML, with the same evidence as answers, all escaped."""

from app.render import (
    about,
    cards,
    claim,
    claims,
    day,
    disagreement,
    esc,
    legend,
    opens,
    small_print,
)
from rag.export import standing, told
from rag.types import Digest, Event, Source, Story


def story(value: Story) -> str:
    """Render headline, sentences, timeline, disagreements between articles, and sources."""
    proven, kept = standing([value.headline]), standing(value.claims)
    headline = "".join(map(claim, proven)) or esc(value.headline.text)
    sources = "".join(map(_source, value.sources))
    return (
        f'<article class="summary story"><h3>{headline}</h3>'
        f'<p class="answer">{claims(kept)}</p>{legend((*proven, *kept))}'
        f"{_timeline(value)}{''.join(map(disagreement, value.disagreements))}"
        f"<details><summary>{_count(len(value.sources))}</summary>"
        f'<ol class="sources">{sources}</ol></details>'
        f"<details><summary>Quotes</summary>{cards(value.citations)}</details></article>"
    )


def foot(value: Digest, profile: str) -> str:
    """Render as small print what the digest was made of."""
    return f'<p class="small-print">{esc(told(value))} {small_print(value, profile)}</p>'


def _count(sources: int) -> str:
    return "1 source" if sources == 1 else f"{sources} sources"


def _timeline(value: Story) -> str:
    if not value.timeline:
        return ""
    events = "".join(map(_event, value.timeline))
    return f'<h4>What changed</h4><ol class="timeline">{events}</ol>'


def _event(value: Event) -> str:
    return f"<li>{day(value.day)} {claim(value.claim)}</li>"


def _source(value: Source) -> str:
    copies = "".join(f"<li>the same in {_named(copy)}</li>" for copy in value.copies)
    return f'<li value="{value.number:d}">{_named(value)}<ul>{copies}</ul></li>'


def _named(value: Source) -> str:
    return (
        f'<button type="button" class="near" {opens(value.article_id, 0, 0)}>'
        f"{esc(value.title or value.url)}</button>"
        f" <small>{about(value.publisher, value.published)}</small>"
    )
