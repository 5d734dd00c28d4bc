"""Write one story: fit its articles into prompts, check every sentence, show disagreements."""

from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, islice

from rag.check import Checker
from rag.check.fresh import fresh
from rag.llm.portions import excerpt, lead_passages
from rag.llm.progress import Writer
from rag.llm.prompts import story_headline_messages, story_messages, untitled_block
from rag.summarizing.digest.central import Central, central_sentences, stands_alone
from rag.summarizing.digest.cluster import Cluster
from rag.summarizing.digest.denials import denials
from rag.summarizing.digest.disagree import Pair, contradictions
from rag.summarizing.digest.headline import headline, own_headline
from rag.summarizing.digest.reading import Reading, Statement, read
from rag.summarizing.digest.timeline import timeline
from rag.summarizing.drafts import closest, repeated
from rag.text import sentences
from rag.text.citations import distinct, marked, quotation
from rag.types import Article, Citation, Claim, Disagreement, Draft, Passage, Source, Story

_SENTENCES = 12  # sentences read of several articles; the others still yield dates, contradictions
_ALONE = 500  # tokens of a single article that the model reads
_OPENING = 120  # tokens of each article that a title is checked against
_LEAST_ROOM = 100
_PAPERS = 2  # maximum other papers cited for a sentence that also appears in them
_CHOICE = 2  # multiple of the requested sentences that the model may write; the best are used
_DISAGREEMENTS = 3
_CHANGES = 2  # maximum pairs of figures that differ on a later day


@dataclass(frozen=True, slots=True)
class StoryWriter:
    """Writes stories of at most ``sentences`` sentences, with at most ``tokens`` per prompt."""

    writer: Writer
    sentences: int
    tokens: int
    checker: Checker

    def write(self, cluster: Cluster) -> Stream[Draft, None, Story]:
        """Yield the model's unchecked output as it is written; return the story.

        Raises:
            GenerateError: if the engine fails.
        """
        articles = cluster.articles
        central = central_sentences(articles)
        shown = self._shown(articles, central)
        best = self._best((yield from self._claims(shown, central)), central, shown)
        best = best or self._anything(articles)
        title = headline(articles, self._openings(articles, _OPENING), checker=self.checker)
        title = title or (yield from self._own_headline(shown, central))
        title, chosen = self._headed(title, best, central, shown)
        title, claims = title or _unsupported_title(articles), _in_order(chosen)
        readings = [read(article) for article in articles]
        pairs = contradictions(readings)
        changes = [pair for pair in pairs if not pair.at_once][:_CHANGES]
        changed = [fact.statement for pair in changes for fact in (pair.one, pair.other)]
        disagreements = _disagreements(readings, pairs, self.checker)
        return Story(
            headline=title,
            text=marked(claims),
            claims=claims,
            citations=distinct([title, *claims]),
            sources=_sources(cluster),
            timeline=timeline(readings, central, changed),
            disagreements=tuple(islice(disagreements, _DISAGREEMENTS)),
        )

    @property
    def _room(self) -> int:
        """Tokens available for sources in one prompt."""
        rules = self.writer.tokens(story_messages((), sentences=self.sentences))
        return max(_LEAST_ROOM, min(self.tokens, self.writer.room - rules))

    def _shown(self, articles: Sequence[Article], central: Central) -> tuple[Passage, ...]:
        """Return what the model reads: the best sentences in order, or a single article's start."""
        if len(articles) == 1 or not central.passages:
            return self._openings(articles[:1], min(_ALONE, self._room))
        best = central.passages[:_SENTENCES]
        return tuple(sorted(best, key=lambda each: (each.number, each.chunk.start)))

    def _openings(self, articles: Sequence[Article], tokens: int) -> tuple[Passage, ...]:
        count = self.writer.generator.count_tokens
        return lead_passages(articles, tokens=tokens * len(articles), count=count)

    def _claims(
        self, shown: Sequence[Passage], central: Central
    ) -> Stream[Draft, None, list[Claim]]:
        """Return the checked sentences the model writes, prompt by prompt.

        If several prompts yield more sentences than requested, the model writes again from their
        quotes, as many as one prompt holds.
        """
        claims: list[Claim] = []
        groups = tuple(self._groups(shown))
        for group in groups:
            claims += yield from self._drafted(group, claims, central)
        if len(groups) > 1 and len(claims) > self.sentences:
            articles = {each.article.id: each.article for each in _proof(shown, central)}
            cited = {each.quote: each for claim in claims for each in claim.citations[::-1]}
            quotes = [
                excerpt(articles[each.article_id], each.number, each.start, each.end)
                for each in cited.values()
            ]
            merged = yield from self._drafted(next(self._groups(quotes)), (), central)
            claims = merged or claims
        return claims

    def _drafted(
        self, shown: Sequence[Passage], before: Sequence[Claim], central: Central
    ) -> Stream[Draft, None, list[Claim]]:
        draft = yield from self.writer.stream(story_messages(shown, sentences=self.sentences))
        proof, most = _proof(shown, central), _CHOICE * self.sentences
        found = fresh(draft, proof, most=most, before=before, checker=self.checker)
        return [claim for claim in found if stands_alone(claim.text)]

    def _groups(self, passages: Sequence[Passage]) -> Iterator[tuple[Passage, ...]]:
        """Split passages into runs that each fit one prompt, with at least one passage each."""
        run: list[Passage] = []
        filled = 0
        for passage in passages:
            size = self.writer.generator.count_tokens(untitled_block(passage))
            if run and filled + size > self._room:
                yield tuple(run)
                run, filled = [], 0
            run.append(passage)
            filled += size
        if run:
            yield tuple(run)

    def _best(
        self, claims: Sequence[Claim], central: Central, shown: Sequence[Passage]
    ) -> list[Claim]:
        """Return the best sentences of the story, in the model's words if possible, best first.

        It returns up to one sentence more than requested, for the headline.
        """
        left, best = list(claims), list[Claim]()
        for passage in central.passages:
            sentence = passage.chunk.text
            if repeated(sentence, best):
                continue
            ours = closest(sentence, left)
            claim = ours or self._verbatim(passage, central, shown)
            if not claim.supported or repeated(claim.text, best):
                continue
            best.append(claim)
            left = [one for one in left if one is not ours]
            if len(best) > self.sentences:
                break
        return best

    def _headed(
        self,
        title: Claim | None,
        best: list[Claim],
        central: Central,
        shown: Sequence[Passage],
    ) -> tuple[Claim | None, list[Claim]]:
        """Return headline and sentences; without a title, the best sentence is the headline.

        That sentence is repeated below the headline only if there is no other way.
        """
        for top in () if title else best:
            below = [claim for claim in best if claim is not top][: self.sentences]
            below = self._of_two(below, central, shown)
            if below and all(claim.text != top.text for claim in below):
                return top, below
        below = self._of_two(best[: self.sentences], central, shown)
        return title or next(iter(best), None), below

    def _of_two(
        self, claims: list[Claim], central: Central, shown: Sequence[Passage]
    ) -> list[Claim]:
        """Ensure that the claims cite two of several articles, by adding a sentence if needed.

        It is added even if it says the same, and replaces the last claim if there is no room.
        """
        cited = {quote.article_id for claim in claims for quote in claim.citations}
        if len(cited) > 1:
            return claims
        others = (passage for passage in central.passages if passage.article.id not in cited)
        for claim in (self._verbatim(passage, central, shown) for passage in others):
            if claim.supported:
                return [*claims[: max(1, self.sentences - 1)], claim]
        return claims

    def _verbatim(self, passage: Passage, central: Central, shown: Sequence[Passage]) -> Claim:
        """Check a verbatim sentence as a claim, also against other papers and shown passages."""
        same = _proof((passage,), central)
        others = (each for each in shown if each.number not in {one.number for one in same})
        return self.checker.check(passage.chunk.text, (*same, *others))

    def _anything(self, articles: Sequence[Article]) -> list[Claim]:
        """Return the first verifiable sentence of all articles, for when no other is usable."""
        places = (
            excerpt(article, number, *span)
            for number, article in enumerate(articles, start=1)
            for span in sentences(article.text)
        )
        claims = (self.checker.check(each.chunk.text, (each,)) for each in places)
        return list(islice((claim for claim in claims if claim.supported), 1))

    def _own_headline(
        self, shown: Sequence[Passage], central: Central
    ) -> Stream[Draft, None, Claim | None]:
        """Return a headline written by the model, if it is supported."""
        group = next(self._groups(shown), None)
        if group is None:
            return None
        draft = yield from self.writer.stream(story_headline_messages(group))
        return own_headline(draft, _proof(group, central), checker=self.checker)


def _proof(shown: Sequence[Passage], central: Central) -> tuple[Passage, ...]:
    """Return the shown passages and the same sentences in other papers."""
    same = (each for passage in shown for each in islice(central.elsewhere(passage), _PAPERS))
    return *shown, *same


def _unsupported_title(articles: Sequence[Article]) -> Claim:
    """Return the newest title as an unsupported claim, for when no sentence is usable."""
    return Claim(next((each.title for each in reversed(articles) if each.title), "Untitled"))


def _in_order(claims: Sequence[Claim]) -> tuple[Claim, ...]:
    """Sort the claims by article, oldest first, then by position."""
    return tuple(
        sorted(claims, key=lambda each: (each.citations[0].number, each.citations[0].start))
    )


def _sources(cluster: Cluster) -> tuple[Source, ...]:
    return tuple(
        _source(number, article, tuple(_source(number, copy) for copy in copies))
        for number, (article, copies) in enumerate(
            zip(cluster.articles, cluster.copies, strict=True), start=1
        )
    )


def _source(number: int, article: Article, copies: tuple[Source, ...] = ()) -> Source:
    return Source(
        number=number,
        article_id=article.id,
        url=article.url,
        title=article.title,
        publisher=article.publisher,
        published=article.published,
        copies=copies,
    )


def _disagreements(
    readings: Sequence[Reading], pairs: Sequence[Pair], checker: Checker
) -> Iterator[Disagreement]:
    """Yield differing figures of one day, then denials."""
    numbers = {reading.article.id: number for number, reading in enumerate(readings, start=1)}

    def quote(of: Statement) -> Citation:
        return quotation(of.article, numbers[of.article.id], of.start, of.end)

    figures = (
        ((pair.one.figure.words, pair.other.figure.words), pair.one.statement, pair.other.statement)
        for pair in pairs
        if pair.at_once
    )
    denied = (((), one, other) for one, other in denials(readings, checker))
    for about, one, other in chain(figures, denied):
        yield Disagreement(about, (quote(one), quote(other)))
