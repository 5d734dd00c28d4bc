"""Answers, proofs and articles as HTML. Text of articles, people and models is data here, never markup.

Pure functions from the types of :mod:`rag.types` to text. Whatever comes from outside passes
:func:`esc`, and addresses :func:`link`; nothing else may write an attribute or a tag.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import unquote, urlsplit

from rag.text import written_date
from rag.types import Answer, Article, Citation, Claim, Digest, Outcome, Summary

_BECAME: Mapping[str, str] = {
    "added": "added",
    "updated": "updated",
    "unchanged": "already there",
    "duplicate": "already there",
    "failed": "not read",
}
_LINE = re.compile(r":\d+\Z")  # of a file
LESS_SURE = 0.75  # probability below which a sentence that is shown is marked as less certain
_TAIL = 12  # letters before a mark, at most, that go to the next line with it
_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def esc(text: object) -> str:
    """Text that is safe between tags and in quoted attributes, and in templates as well."""
    return escape(str(text), quote=True).translate(_BRACES)


def link(url: str) -> str:
    """A link for a web address; the bare name for a file or upload; nothing for other schemes."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return ""
    if parts.scheme in {"http", "https"} and host:
        return (
            f'<a href="{esc(url)}" target="_blank" rel="noopener noreferrer nofollow">'
            f"{esc(host)} ↗</a>"
        )
    if parts.scheme in {"file", "upload"}:
        return esc(unquote(parts.path).rsplit("/", 1)[-1])
    return ""


def day(value: date | None) -> str:
    """A day in words, with its ISO form for machines; empty for none."""
    if value is None:
        return ""
    weekday, _, rest = written_date(value).partition(" ")
    return (
        f'<time datetime="{value.isoformat()}"><span class="weekday">{weekday} </span>{rest}</time>'
    )


def about(publisher: str, published: date | None) -> str:
    """Paper and day, as far as they are known."""
    return " · ".join(filter(None, (esc(publisher), day(published))))


def opens(article_id: str, start: int, end: int) -> str:
    """The attributes by which page.js opens an article at a quote."""
    return f'data-article="{esc(article_id)}" data-start="{start:d}" data-end="{end:d}"'


def mark(citation: Citation, *, sure: bool = True) -> str:
    """The number behind a sentence; a click opens the article at the quote."""
    name = f"Source {citation.number:d}{'' if sure else ', less certain'}"
    return (
        f'<button type="button" class="cite" {opens(*_place(citation))}'
        f' aria-label="{name}: {esc(citation.title or citation.publisher)}"'
        f' title="{esc(citation.quote[:300])}">{citation.number:d}</button>'
    )


def _place(citation: Citation) -> tuple[str, int, int]:
    return citation.article_id, citation.start, citation.end


def claim(value: Claim) -> str:
    """A checked sentence with its marks; one that the check is less sure of is underlined."""
    if not value.supported:
        return (
            f'<span class="claim unsupported" title="{esc(value.reason)}">{esc(value.text)}</span>'
        )
    sure = value.score >= LESS_SURE
    cited = {c.number: c for c in value.citations}.values()
    marks = "".join(mark(each, sure=sure) for each in cited)
    # No line begins with a mark: the end of the last word goes with it.
    end = max(value.text.rfind(" ") + 1, len(value.text) - _TAIL)
    return (
        f'<span class="{"claim" if sure else "claim weak"}">{esc(value.text[:end])}'
        f'<span class="tail">{esc(value.text[end:])}{marks}</span></span>'
    )


def claims(values: Iterable[Claim]) -> str:
    """The supported sentences as a paragraph, and what an underlined one means."""
    shown = [value for value in values if value.supported]
    note = (
        '<small class="less-sure">Underlined: the articles bear this out less clearly than the'
        " rest. Read the quote.</small>"
    )
    weak = any(value.score < LESS_SURE for value in shown)
    return " ".join(map(claim, shown)) + note * weak


def left_out(values: Sequence[Claim]) -> str:
    """What the model wrote and no article bears out, folded away."""
    dropped = [value for value in values if not value.supported]
    if not dropped:
        return ""
    count = "1 sentence" if len(dropped) == 1 else f"{len(dropped)} sentences"
    items = "".join(
        f"<li><s>{esc(value.text)}</s> <small>{esc(value.reason)}</small></li>" for value in dropped
    )
    return (
        f'<details class="left-out"><summary>{count} left out: not borne out by the articles'
        f"</summary><ul>{items}</ul></details>"
    )


def card(citation: Citation, *, quote: str = "") -> str:
    """A source: title, publisher, day and the quote; the whole card opens the article there."""
    return (
        f'<li><button type="button" class="card" {opens(*_place(citation))}>'
        f'<span class="card-number">{citation.number:d}</span>'
        f'<span class="card-title">{esc(citation.title or citation.url)}</span>'
        f'<span class="card-about">{about(citation.publisher, citation.published)}</span>'
        f'<q class="card-quote">{quote or esc(_one_line(citation.quote))}</q>'
        "</button></li>"
    )


def cards(citations: Sequence[Citation], *, heading: str) -> str:
    """The sources of a turn."""
    if not citations:
        return ""
    items = "".join(card(citation) for citation in citations)
    return f'<h3 class="panel-heading">{esc(heading)}</h3><ol class="cards">{items}</ol>'


def first_look(citations: Sequence[Citation]) -> str:
    """The sentences nearest to a question, while the model still reads."""
    if not citations:
        return '<p class="quiet">No sentence of the articles comes near the question.</p>'
    items = "".join(
        card(citation, quote=f"<mark>{esc(_one_line(citation.quote))}</mark>")
        for citation in citations
    )
    return (
        '<h3 class="panel-heading">First look: the nearest sentences</h3>'
        f'<ol class="cards first-look">{items}</ol>'
    )


def nearest(answer: Answer) -> str:
    """The articles closest to a question that they do not answer."""
    articles = {each.article.id: each for each in answer.passages}
    items = "".join(
        f'<li><button type="button" class="near"'
        f" {opens(each.article.id, each.chunk.start, each.chunk.end)}>"
        f"{esc(each.article.title or each.article.url)}</button>"
        f" <small>{about(each.article.publisher, each.article.published)}</small></li>"
        for each in list(articles.values())[:3]
    )
    return f'<p class="quiet">The closest articles:</p><ul class="nearest">{items}</ul>' * bool(
        items
    )


def answer_body(answer: Answer, searched: str = "") -> str:
    """What was answered, or the calm state of a refusal; ``searched`` are the filters in words."""
    if answer.refused:
        only = f" Only articles {esc(searched)} were searched." * bool(searched)
        return (
            '<div class="refusal"><p class="refusal-title">Not in the articles.</p>'
            "<p>The articles that were searched do not say it, as far as could be found."
            f"{only}</p>{nearest(answer)}</div>"
        )
    return f'<p class="answer">{claims(answer.claims)}</p>{left_out(answer.claims)}'


def small_print(value: Answer | Summary | Digest, profile: str) -> str:
    """Model, profile and time, small."""
    seconds = value.timing.total
    known = [esc(value.model.partition(":")[2] or value.model)]
    if profile:
        known.append(f"profile {esc(profile)}")
    if seconds:
        known.append(f"{seconds:.1f} s")
    return " · ".join(known)


def turn(number: int, answer: Answer, profile: str, searched: str = "") -> str:
    """A finished turn of the conversation: question, answer and what can be done with both."""
    actions = "".join(
        f'<button type="button" class="act" data-act="{act}" data-number="{number:d}">{label}</button>'
        for act, label in (("copy", "Copy"), ("retry", "Ask again"), ("edit", "Edit"))
    )
    return (
        f'<article class="turn" id="turn-{number:d}" aria-label="Question {number + 1:d}">'
        f'<h2 class="question">{esc(answer.question)}</h2>'
        f"{answer_body(answer, searched)}"
        f'<footer class="turn-foot"><span class="acts">{actions}'
        f'<button type="button" class="act" data-act="sources" data-number="{number:d}">Sources</button>'
        f'</span><span class="small-print">{small_print(answer, profile)}</span></footer>'
        f"</article>"
    )


def working(question: str, body: str, state: str, note: str = "") -> str:
    """The turn at work. ``state`` is what happens now, in words; ``note`` says more."""
    return (
        '<article class="turn working" aria-busy="true">'
        f'<h2 class="question">{esc(question)}</h2>'
        f'<p class="answer">{body}</p>'
        f'<p class="state" role="status"><span class="dot" aria-hidden="true"></span>{esc(state)}'
        f" <small>{esc(note)}</small></p></article>"
    )


def draft(checked: Sequence[Claim], unchecked: str) -> str:
    """Sentences as they are checked, and behind them what is still being written."""
    return " ".join(
        [*(claim(each) for each in checked), f'<span class="draft">{esc(unchecked)}</span>']
    )


def trouble(message: str, question: str = "", so_far: Sequence[Claim] = ()) -> str:
    """What went wrong and what to do, in place; below what had been checked of an answer."""
    asked = f'<h2 class="question">{esc(question)}</h2>' if question else ""
    body = f'<p class="answer cut-off">{claims(so_far)}</p>' if so_far else ""
    return (
        f'<article class="turn">{asked}{body}'
        f'<p class="trouble" role="alert">{esc(message)}</p></article>'
    )


def welcome(title: str, line: str, examples: Sequence[str]) -> str:
    """What stands where no question has been asked yet."""
    buttons = "".join(
        f'<li><button type="button" class="example" data-question="{esc(each)}">{esc(each)}</button></li>'
        for each in examples
    )
    return (
        f'<section class="welcome"><h2>{esc(title)}</h2><p>{esc(line)}</p>'
        f'<ul class="examples">{buttons}</ul></section>'
    )


def article(value: Article, start: int = 0, end: int = 0) -> str:
    """An article for reading, ``text[start:end]`` highlighted."""
    known = " · ".join(
        filter(
            None,
            (
                esc(value.publisher),
                esc(", ".join(value.authors)),
                day(value.published),
                link(value.url),
            ),
        )
    )
    body = "".join(
        f"<p>{paragraph}</p>" for paragraph in _highlighted(value.text, start, end).split("\n\n")
    )
    return (
        f'<h2 id="reader-title">{esc(value.title or "Untitled")}</h2>'
        f'<p class="reader-about">{known}</p><div class="reader-text">{body}</div>'
    )


def _highlighted(text: str, start: int, end: int) -> str:
    """The text with one span marked; the mark is closed and opened again at paragraph borders."""
    if not 0 <= start < end <= len(text):
        return esc(text)
    inner = esc(text[start:end]).replace("\n\n", "</mark>\n\n<mark>")
    return f'{esc(text[:start])}<mark id="quote">{inner}</mark>{esc(text[end:])}'


def summary(value: Summary, articles: Mapping[str, Article], profile: str) -> str:
    """A summary with its proof."""
    titles = [articles[each] for each in value.article_ids if each in articles]
    heading = "".join(
        f'<button type="button" class="near" {opens(each.id, 0, 0)}>{esc(each.title or each.url)}'
        f"</button> <small>{about(each.publisher, each.published)}</small> "
        for each in titles[:12]
    )
    more = f"<small>and {len(titles) - 12} more</small>" if len(titles) > 12 else ""
    body = claims(value.claims) or "Nothing could be summarised."
    return (
        f'<article class="summary"><h3>{heading}{more}</h3><p class="answer">{body}</p>'
        f'{left_out(value.claims)}<p class="small-print">{small_print(value, profile)}</p>'
        f"<details><summary>Quotes</summary>"
        f'<ol class="cards">{"".join(card(each) for each in value.citations)}</ol></details>'
        f"</article>"
    )


def outcomes(counts: Mapping[str, int], listed: Sequence[Outcome], state: str = "") -> str:
    """What became of what was added: numbers of all, and those outcomes that are listed."""
    numbers = dict.fromkeys(_BECAME.values(), 0)
    for status, name in _BECAME.items():
        numbers[name] += counts.get(status, 0)
    known = ", ".join(f"{number:,} {name}" for name, number in numbers.items() if number)
    told = ": ".join(filter(None, (state, known))) + " …" * bool(state)
    items = "".join(map(_outcome, listed))
    more = sum(numbers.values()) - len(listed)
    rest = f'<li class="outcome">and {more:,} more</li>' if more else ""
    return f'<p class="quiet" role="status">{esc(told)}</p><ul class="outcomes">{items}{rest}</ul>'


def _outcome(outcome: Outcome) -> str:
    return (
        f'<li class="outcome {esc(outcome.status)}"><b>{esc(_BECAME[outcome.status])}</b> '
        f"{_told(outcome)}</li>"
    )


def _told(outcome: Outcome) -> str:
    """What it is and why, without the folder of this machine that it was put into for reading."""
    file = _LINE.sub("", outcome.source)
    name = _file_name(file)
    reason = outcome.reason.replace(file, name)
    if reason.startswith(name):
        return esc(reason)
    return f"{esc(outcome.title or name)} <small>{esc(reason)}</small>"


def _file_name(source: str) -> str:
    return unquote(source.rsplit("/", 1)[-1]) if not source.startswith("http") else source


def _one_line(text: str) -> str:
    return " ".join(text.split())
