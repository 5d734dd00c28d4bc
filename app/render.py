"""Render answers, evidence and articles as HTML. Outside text is data here, never markup.

Pure functions from the types of :mod:`rag.types` to text. Text from articles, people and models
passes :func:`esc`, and addresses pass :func:`link`; nothing else may write an attribute or a tag.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from html import escape
from urllib.parse import unquote, urlsplit

from rag.export import (
    NEAREST_SHOWN,
    as_text,
    by_article,
    differ,
    doubts,
    opening,
    pieces,
    standing,
    unmarked,
)
from rag.text import written_date
from rag.types import (
    Answer,
    Article,
    ArticleField,
    Citation,
    Claim,
    Digest,
    Disagreement,
    Outcome,
    Summary,
)

_BECAME: Mapping[str, str] = {
    "added": "added",
    "updated": "updated",
    "unchanged": "already there",
    "duplicate": "already there",
    "failed": "not read",
}
_LINE = re.compile(r":\d+\Z")  # line number of a file
_TAIL = 12  # most characters before a mark that wrap to the next line with it
_SHORT = 60  # characters of a first line that may still become a short answer
_END_UNPROVEN = '<span class="unseen">)</span>'
_BRACES = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def esc(text: object) -> str:
    """Escape text for use between tags, in quoted attributes and in templates."""
    return escape(str(text), quote=True).translate(_BRACES)


def link(url: str) -> str:
    """Render a web address as a link, a file or upload as its bare name, others as nothing."""
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
    """Render a day in words, with its ISO form for machines; empty for None."""
    if value is None:
        return ""
    weekday, _, rest = written_date(value).partition(" ")
    return (
        f'<time datetime="{value.isoformat()}"><span class="weekday">{weekday} </span>{rest}</time>'
    )


def about(publisher: str, published: date | None) -> str:
    """Render publisher and day, as far as they are known."""
    return " · ".join(filter(None, (esc(publisher), day(published))))


def opens(article_id: str, start: int, end: int, field: ArticleField = "text") -> str:
    """Build the attributes by which page.js opens an article at a quote."""
    place = f'data-start="{start:d}" data-end="{end:d}"'
    return f'data-article="{esc(article_id)}" {place} data-field="{esc(field)}"'


def _opens_at(citation: Citation) -> str:
    return opens(citation.article_id, citation.start, citation.end, citation.field)


def mark(citation: Citation) -> str:
    """Render the number after a sentence; a click opens the article at the quote."""
    return (
        f'<button type="button" class="cite" {_opens_at(citation)}'
        f' aria-label="Source {citation.number:d}: {esc(citation.title or citation.publisher)}"'
        f' title="{esc(citation.quote[:300])}">{citation.number:d}</button>'
    )


def claim(value: Claim) -> str:
    """Render a checked sentence with its marks; unsupported words are underlined and labelled."""
    *before, (last, proven) = list(pieces(value)) or [("", True)]
    cited = {c.number: c for c in value.citations}.values()
    # No line begins with a mark: the end of the last word wraps with it.
    cut = max(last.rfind(" ") + 1, len(last) - _TAIL)
    end = "" if proven else _END_UNPROVEN
    tail = f'<span class="tail">{esc(last[cut:])}{end}{"".join(map(mark, cited))}</span>'
    runs = [_run(esc(text) + ("" if sure else _END_UNPROVEN), sure) for text, sure in before]
    runs.append(_run(esc(last[:cut]) + tail, proven))
    reason = f' title="{esc(value.reason)}"' if value.reason else ""
    return f'<span class="claim {esc(value.status)}"{reason}>{"".join(runs)}</span>'


def _run(shown: str, proven: bool) -> str:
    if proven:
        return shown
    return (
        '<span class="unproven" title="No quote proves these words.">'
        f'<span class="unseen">(not proven: </span>{shown}</span>'
    )


def claims(values: Iterable[Claim]) -> str:
    """Render sentences one after the other."""
    return " ".join(map(claim, values))


def legend(values: Iterable[Claim]) -> str:
    """Explain the underlined words, if there are any."""
    if all(value.supported for value in values):
        return ""
    return '<p class="legend"><span class="unproven">Underlined</span>: no quote proves these words.</p>'


def card(quotes: Sequence[Citation], *, numbered: bool = True) -> str:
    """Render an article and its quotes used; title and quotes open it there."""
    first = quotes[0]
    number = f'<span class="card-number">{first.number:d}</span>' if numbered else ""
    return (
        f'<li class="card">{number}<button type="button" class="card-title" {_opens_at(first)}>'
        f"{esc(first.title or first.url)}</button>"
        f'<span class="card-about">{about(first.publisher, first.published)}</span>'
        f"{''.join(map(_quote, quotes))}</li>"
    )


def _quote(citation: Citation) -> str:
    field = '<span class="field">Headline </span>' if citation.field == "title" else ""
    return (
        f'<button type="button" class="card-quote" {_opens_at(citation)}>'
        f"{field}<q>{esc(_one_line(citation.quote))}</q></button>"
    )


def cards(citations: Sequence[Citation], *, numbered: bool = True) -> str:
    """Render a card for each article of these quotes."""
    items = "".join(card(quotes, numbered=numbered) for quotes in by_article(citations))
    return f'<ol class="cards">{items}</ol>' if items else ""


def sources(citations: Sequence[Citation]) -> str:
    """Render the sources of a turn for the panel beside it."""
    shown = cards(citations)
    return f'<h3 class="panel-heading">Sources</h3>{shown}' if shown else ""


def first_look(citations: Sequence[Citation]) -> str:
    """Render the sentences nearest to a question, while the model still reads."""
    if not citations:
        return '<p class="quiet">No sentence of the articles comes near the question.</p>'
    return (
        '<h3 class="panel-heading">First look: the nearest sentences</h3>'
        f'<div class="first-look">{cards(citations, numbered=False)}</div>'
    )


def answer_body(answer: Answer, searched: str = "") -> str:
    """Render an answer or refusal; ``searched`` describes the filters."""
    if answer.refused:
        return _refusal(answer, searched)
    doubt = f'<p class="unsure">{esc(doubts(answer))}</p>' if answer.status == "unsure" else ""
    short, rest = opening(answer)
    differing = "".join(map(disagreement, answer.disagreements))
    proven = said(claim(short) if short else "", claims(rest)) + legend(answer.claims)
    return proven + doubt + differing


def disagreement(value: Disagreement) -> str:
    """Render two contradicting quotes side by side, each with publisher and day."""
    sides = value.about or ("", "")
    columns = "".join(_side(side, quote) for side, quote in zip(sides, value.quotes, strict=True))
    return f'<h4>{differ(value)}</h4><div class="sides">{columns}</div>'


def _side(side: str, quote: Citation) -> str:
    about_it = f"<b>{esc(side)}</b>" if side else ""
    return (
        f"<figure>{about_it}<blockquote>{esc(_one_line(quote.quote))}{mark(quote)}</blockquote>"
        f"<figcaption>{about(quote.publisher, quote.published)}</figcaption></figure>"
    )


def said(short: str, sentences: str) -> str:
    """Render the large short answer, if any, above the sentences; both are HTML."""
    parts = (f'<p class="short">{short}</p>' * bool(short), f"<p>{sentences}</p>" * bool(sentences))
    return f'<div class="answer">{"".join(parts)}</div>' if any(parts) else ""


def _refusal(answer: Answer, searched: str) -> str:
    only = f" Only articles {esc(searched)} were searched." * bool(searched)
    near = cards(answer.nearest[:NEAREST_SHOWN], numbered=False)
    nearest = f'<h3 class="panel-heading">Nearest in the articles</h3>{near}' if near else ""
    written = unmarked(answer.draft)
    draft = (
        '<details class="unproven-draft"><summary>What the model would have said (unproven)'
        f"</summary><p>{esc(written)}</p></details>"
    )
    return (
        f'<div class="refusal"><p class="refusal-title">{esc(answer.text)}</p>'
        "<p>The articles that were searched do not say it, as far as could be found."
        f"{only}</p>{nearest}{draft if written else ''}</div>"
    )


def small_print(value: Answer | Summary | Digest, profile: str) -> str:
    """Render model, profile and time as small print."""
    seconds = value.timing.total
    known = [esc(value.model.partition(":")[2] or value.model)]
    if profile:
        known.append(f"profile {esc(profile)}")
    if seconds:
        known.append(f"{seconds:.1f} s")
    return " · ".join(known)


def turn(number: int, answer: Answer, profile: str, searched: str = "") -> str:
    """Render a finished turn of the conversation: question, answer and their actions."""
    actions = "".join(
        f'<button type="button" class="act" data-act="{act}" data-number="{number:d}">{label}</button>'
        for act, label in (("retry", "Ask again"), ("edit", "Edit"), ("sources", "Sources"))
    )
    copied = f'data-act="copy" data-text="{esc(as_text(answer))}"'
    return (
        f'<article class="turn" id="turn-{number:d}" aria-label="Question {number + 1:d}">'
        f'<h2 class="question">{esc(answer.question)}</h2>'
        f"{answer_body(answer, searched)}"
        f'<footer class="turn-foot"><span class="acts">'
        f'<button type="button" class="act" {copied}>Copy</button>{actions}'
        f'</span><span class="small-print">{small_print(answer, profile)}</span></footer>'
        f"</article>"
    )


def working(question: str, body: str, state: str, note: str = "") -> str:
    """Render the turn in progress.

    Args:
        question: the question as asked.
        body: what the answer says so far, as HTML.
        state: what happens now.
        note: more on the state.
    """
    return (
        '<article class="turn working" aria-busy="true">'
        f'<h2 class="question">{esc(question)}</h2>'
        f"{body}"
        f'<p class="state" role="status"><span class="dot" aria-hidden="true"></span>{esc(state)}'
        f" <small>{esc(note)}</small></p></article>"
    )


def draft(written: str, checked: Sequence[Claim], unchecked: str) -> str:
    """Render the sentences checked so far, and after them what is still being written.

    ``written`` is the whole draft; if its first line is short, it is the short answer.
    """
    first, newline, _ = written.partition("\n")
    if checked:
        short, rest = _headed(first, checked)
        return said(claims(short), " ".join(filter(None, (claims(rest), _unchecked(unchecked)))))
    if len(first) > _SHORT and not newline:
        return said("", _unchecked(unchecked))
    return said(*map(_unchecked, unchecked.partition("\n")[::2]))


def _headed(first: str, checked: Sequence[Claim]) -> tuple[Sequence[Claim], Sequence[Claim]]:
    """Separate the claim that is all of the draft's first line, if any, from the others."""
    alone = bool(checked) and checked[0].text.rstrip(". ") == first.strip().rstrip(". ")
    return checked[:alone], checked[alone:]


def _unchecked(text: str) -> str:
    return f'<span class="draft">{esc(text)}</span>' if text.strip() else ""


def trouble(message: str, question: str = "", so_far: str = "") -> str:
    """Render an error message in place, below ``so_far``: what had been shown, as HTML."""
    asked = f'<h2 class="question">{esc(question)}</h2>' if question else ""
    return (
        f'<article class="turn">{asked}{so_far}'
        f'<p class="trouble" role="alert">{esc(message)}</p></article>'
    )


def welcome(title: str, line: str, examples: Sequence[str]) -> str:
    """Render the page shown before any question is asked."""
    buttons = "".join(
        f'<li><button type="button" class="example" data-question="{esc(each)}">{esc(each)}</button></li>'
        for each in examples
    )
    return (
        f'<section class="welcome"><h2>{esc(title)}</h2><p>{esc(line)}</p>'
        f'<ul class="examples">{buttons}</ul></section>'
    )


def article(value: Article, start: int = 0, end: int = 0, *, in_title: bool = False) -> str:
    """Render an article with ``text[start:end]``, or that span of its title, highlighted."""
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
    title = _highlighted(value.title, start, end) if in_title else esc(value.title or "Untitled")
    text = esc(value.text) if in_title else _highlighted(value.text, start, end)
    body = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    return (
        f'<h2 id="reader-title">{title}</h2>'
        f'<p class="reader-about">{known}</p><div class="reader-text">{body}</div>'
    )


def _highlighted(text: str, start: int, end: int) -> str:
    """Mark one span of the text, closing and reopening the mark at paragraph breaks."""
    if not 0 <= start < end <= len(text):
        return esc(text)
    inner = esc(text[start:end]).replace("\n\n", "</mark>\n\n<mark>")
    return f'{esc(text[:start])}<mark id="quote">{inner}</mark>{esc(text[end:])}'


def summary(value: Summary, articles: Mapping[str, Article], profile: str) -> str:
    """Render a summary with its evidence."""
    titles = [articles[each] for each in value.article_ids if each in articles]
    heading = "".join(
        f'<button type="button" class="near" {opens(each.id, 0, 0)}>{esc(each.title or each.url)}'
        f"</button> <small>{about(each.publisher, each.published)}</small> "
        for each in titles[:12]
    )
    more = f"<small>and {len(titles) - 12} more</small>" if len(titles) > 12 else ""
    kept = standing(value.claims)
    body = claims(kept) or "Nothing could be summarised."
    return (
        f'<article class="summary"><h3>{heading}{more}</h3><p class="answer">{body}</p>'
        f"{legend(kept)}{left_out(value.claims)}"
        f'<p class="small-print">{small_print(value, profile)}</p>'
        f"<details><summary>Quotes</summary>{cards(value.citations)}</details></article>"
    )


def left_out(values: Sequence[Claim]) -> str:
    """Render, collapsed, what the model wrote for a summary and no quote supports."""
    dropped = [value for value in values if value.status == "unsupported"]
    if not dropped:
        return ""
    count = "1 sentence" if len(dropped) == 1 else f"{len(dropped)} sentences"
    items = "".join(
        f"<li>{esc(value.text)} <small>{esc(value.reason)}</small></li>" for value in dropped
    )
    return (
        f'<details class="left-out"><summary>{count} left out: no quote proves them'
        f"</summary><ul>{items}</ul></details>"
    )


def outcomes(counts: Mapping[str, int], listed: Sequence[Outcome], state: str = "") -> str:
    """Render the outcomes of an ingestion: counts of all, and those outcomes that are listed."""
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
    """Render an outcome and its reason, without the local folder it was put into for reading."""
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
