"""Print answers, summaries, digests, checked texts and ingest reports for people."""

from collections import Counter
from collections.abc import Sequence

from rag.cli.show import note, one_line, plural, say
from rag.text import written_date
from rag.types import (
    Answer,
    Article,
    Citation,
    Claim,
    Digest,
    Disagreement,
    IngestReport,
    Outcome,
    Passage,
    Source,
    Story,
    Summary,
    Verdict,
)

_STYLES: dict[Verdict, str] = {"supported": "green", "partly": "magenta", "unsupported": "red"}


def about(article: Article | Citation | Source) -> str:
    """Return ``Title (Publisher, Wednesday 19 January 2022)``, as far as it is known."""
    known = ", ".join(filter(None, (article.publisher, written_date(article.published))))
    name = article.title or article.url
    return f"{name} ({known})" if known else name


def print_answer(answer: Answer, *, draft: bool = False) -> None:
    """Print the short answer, its sentences, and the quotes of each article; or the refusal.

    With ``draft``, a refusal is followed by what the model would have said.
    """
    from rag.export import doubts, opening

    if answer.refused:
        _print_refusal(answer, draft=draft)
        return
    short, rest = opening(answer)
    if short:
        say(_cited([short]), "bold")
    if rest:
        say(_cited(rest))
    _print_legend(answer.claims)
    if answer.status == "unsure":
        say(doubts(answer), "magenta")
    _print_quotes(answer.citations)
    _print_disagreements(answer.disagreements)


def _print_refusal(answer: Answer, *, draft: bool) -> None:
    from rag.export import NEAREST_SHOWN, unmarked

    say(answer.text, "magenta")
    if answer.nearest:
        say("Closest sentences:")
    for quote in answer.nearest[:NEAREST_SHOWN]:
        say(f"  {_quoted(quote)}")
        say(f"    {about(quote)}", "dim")
    if draft:
        say(f"Unsupported: {unmarked(answer.draft) or 'the model wrote nothing else.'}", "dim")


def print_summary(summary: Summary) -> None:
    """Print the summary, then the quotes of each article."""
    from rag.export import without_unsupported

    shown = without_unsupported(summary.claims)
    say(_cited(shown) or "Nothing could be summarised.", "bold")
    _print_legend(shown)
    _print_quotes(summary.citations)


def print_story(story: Story) -> None:
    """Print a story of a digest: headline, sentences, timeline, disagreements, numbered sources."""
    from rag.export import headed, without_unsupported

    say(f"\n{headed(story.headline)}", "bold")
    shown = without_unsupported(story.claims)
    say(_cited(shown))
    _print_legend(shown)
    if story.timeline:
        say("\nWhat changed", "bold")
    for event in story.timeline:
        say(f"  {event.day.isoformat()}  {one_line(_cited([event.claim]))}")
    _print_disagreements(story.disagreements)
    say()
    for source in story.sources:
        copies = f", and {len(source.copies)} with the same text" if source.copies else ""
        say(f"[{source.number}] {about(source)}{copies}", "dim")


def print_digest_end(digest: Digest) -> None:
    """Print what a digest was made from."""
    from rag.export import digest_note

    say(f"\n{digest_note(digest)}", "dim")


def print_checked(claims: Sequence[Claim]) -> None:
    """Print each sentence of a checked text with its verdict and its quotes; then the counts."""
    for claim in claims:
        _print_claim(claim)
    _print_legend(claims)
    counts = Counter(claim.status for claim in claims)
    verdicts = ", ".join(f"{counts[status]} {status}" for status in _STYLES)
    say(f"{plural(len(claims), 'sentence')}: {verdicts}.")


def _print_claim(claim: Claim) -> None:
    from rag.export import by_article, marked_words

    status = f"[{claim.status}] "
    say(marked_words(claim), "bold", label=status, label_style=_STYLES[claim.status])
    if claim.reason and not claim.supported:
        say(f"    Why: {claim.reason}")
    for quotes in by_article(claim.citations):
        for quote in quotes:
            say(f"    {_quoted(quote)}")
        if name := about(quotes[0]):
            say(f"    {name}", "dim")
    say()


def print_passages(passages: Sequence[Passage]) -> None:
    """Print passages below their articles' titles."""
    for passage in passages:
        say(f"[{passage.number}] {about(passage.article)}", "bold")
        say(f"    {one_line(passage.chunk.text)}", "dim")


def print_timing(answer: Answer | Summary | Digest) -> None:
    """Print model, seconds and tokens, dim, on standard error."""
    timing = answer.timing
    note(
        f"{answer.model} · {timing.total:.1f} s (first word after {timing.first_token:.1f} s)"
        f" · {timing.prompt_tokens} tokens read, {timing.output_tokens} written",
        "dim",
    )


def print_report(report: IngestReport, deleted: Sequence[Article] = ()) -> None:
    """Print every failure, each remark with its first article, deletions, then the counts."""
    counts = Counter(outcome.status for outcome in report.outcomes)
    remarks = Counter(each.reason for each in report.outcomes if each.status != "failed")
    for outcome in report.outcomes:
        if outcome.status == "failed":
            say(f"  {_explained(outcome)}", "red")
        elif outcome.reason and (number := remarks.pop(outcome.reason, 0)):
            others = f" (and {number - 1:,} more like it)" * (number > 1)
            say(f"  {_explained(outcome)}{others}", "magenta")
    for article in deleted:
        say(f"  deleted: {about(article)}", "magenta")
    for status in ("added", "updated", "unchanged", "duplicate", "failed"):
        if counts[status]:
            say(f"{status:>10}: {counts[status]}")
    if report.seconds and report.chunks:
        say(f"{plural(report.chunks, 'passage')} in {report.seconds:.1f} s", "dim")


def _explained(outcome: Outcome) -> str:
    reason = one_line(outcome.reason)
    return reason if outcome.source in reason else f"{outcome.source}: {reason}"


def _print_legend(claims: Sequence[Claim]) -> None:
    from rag.export import LEGEND

    if not all(claim.supported for claim in claims):
        say(LEGEND, "dim")


def _print_quotes(citations: Sequence[Citation]) -> None:
    """Print a block per article: its number, its quotes, and its title line."""
    from rag.export import by_article

    for first, *others in by_article(citations):
        say(_quoted(first), label=f"\n[{first.number}] ", label_style="bold")
        for quote in others:
            say(f"    {_quoted(quote)}")
        say(f"    {about(first)}", "dim")


def _print_disagreements(disagreements: Sequence[Disagreement]) -> None:
    from rag.export import differ

    for found in disagreements:
        say(f"\n{differ(found)}: {' or '.join(found.about)}".rstrip(": "), "magenta")
        for quote in found.quotes:
            say(f"  “{one_line(quote.quote)}” [{quote.number}]")
            say(f"    {about(quote)}", "dim")


def _cited(claims: Sequence[Claim]) -> str:
    from rag.export import cited

    return " ".join(map(cited, claims))


def _quoted(quote: Citation) -> str:
    headline = "Headline: " if quote.field == "title" else ""
    return f"{headline}“{one_line(quote.quote)}”"
