"""Write one story: fit its articles into prompts, check every sentence, show disagreements."""

from collections.abc import Generator as Stream
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rag.check import Checker
from rag.check.fresh import fresh
from rag.llm.portions import excerpt, lead_passages
from rag.llm.progress import Writer
from rag.llm.prompts import story_headline_messages, story_messages, untitled_block
from rag.summarizing.digest.central import Central, central_sentences, stands_alone
from rag.summarizing.digest.cluster import Cluster
from rag.summarizing.digest.denials import Told, denials
from rag.summarizing.digest.disagree import Fact, Pair, contradictions
from rag.summarizing.digest.headline import headline, own_headline
from rag.summarizing.digest.timeline import timeline
from rag.text import sentences
from rag.text.citations import distinct, marked, quotation
from rag.text.terms import shared, tells
from rag.types import Article, Citation, Claim, Disagreement, Draft, Passage, Source, Story

_SENTENCES = 12  # sentences read of several articles; the others still yield dates, contradictions
_ALONE = 500  # tokens of a single article that the model reads
_OPENING = 120  # tokens of each article that a title is checked against
_LEAST_ROOM = 100
_PAPERS = 2  # maximum other papers cited for a sentence that also appears in them
_CHOICE = 2  # multiple of the wanted sentences that the model may write; the best are used
_ALIKE = 0.6  # share of shared words above which two sentences say the same
_DISAGREEMENTS = 3
_CHANGES = 2  # maximum pairs of figures that differ on a later day


@dataclass(frozen=True, slots=True)
class Teller:
    """Writer of stories of at most ``sentences`` sentences, with at most ``tokens`` per prompt."""

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
        told = self._told((yield from self._claims(shown, central)), central, shown)
        told = told or self._anything(articles)
        title = headline(articles, self._openings(articles, _OPENING), checker=self.checker)
        title = title or (yield from self._own_headline(shown, central))
        title, told = self._headed(title, told, central, shown)
        title, claims = title or _named(articles), _in_order(told)
        pairs = contradictions(articles)
        changes = [pair for pair in pairs if not pair.at_once][:_CHANGES]
        changed = [fact for pair in changes for fact in (pair.one, pair.other)]
        return Story(
            headline=title,
            text=marked(claims),
            claims=claims,
            citations=distinct([title, *claims]),
            sources=_sources(cluster),
            timeline=timeline(articles, central, changed),
            disagreements=_disagreements(articles, pairs)[:_DISAGREEMENTS],
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

        If several prompts yield more sentences than wanted, the model writes again from their
        quotes, as many as one prompt holds.
        """
        claims: list[Claim] = []
        groups = tuple(self._groups(shown))
        for group in groups:
            claims += yield from self._asked(group, claims, central)
        if len(groups) > 1 and len(claims) > self.sentences:
            articles = {each.article.id: each.article for each in _proof(shown, central)}
            cited = {each.quote: each for claim in claims for each in claim.citations[::-1]}
            quotes = [
                excerpt(articles[each.article_id], each.number, each.start, each.end)
                for each in cited.values()
            ]
            told = yield from self._asked(next(self._groups(quotes)), (), central)
            claims = told or claims
        return claims

    def _asked(
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

    def _told(
        self, claims: Sequence[Claim], central: Central, shown: Sequence[Passage]
    ) -> list[Claim]:
        """Return the best sentences of the story, in the model's words if possible, best first.

        It returns up to one sentence more than wanted, for the headline.
        """
        left, told = list(claims), list[Claim]()
        for passage in central.passages:
            sentence = passage.chunk.text
            if any(shared(sentence, one.text) > _ALIKE for one in told):
                continue
            telling = [claim for claim in left if tells(claim.text, sentence)]
            ours = max(telling, key=lambda claim: shared(claim.text, sentence), default=None)
            claim = ours or self._as_it_stands(passage, central, shown)
            if not claim.supported or any(shared(claim.text, one.text) > _ALIKE for one in told):
                continue
            told.append(claim)
            left = [one for one in left if one is not ours]
            if len(told) > self.sentences:
                break
        return told

    def _headed(
        self,
        title: Claim | None,
        told: list[Claim],
        central: Central,
        shown: Sequence[Passage],
    ) -> tuple[Claim | None, list[Claim]]:
        """Return headline and sentences; without a title, the best sentence is the headline.

        That sentence is repeated below the headline only if there is no other way.
        """
        for top in () if title else told:
            below = [claim for claim in told if claim is not top][: self.sentences]
            below = self._of_two(below, central, shown)
            if below and all(claim.text != top.text for claim in below):
                return top, below
        below = self._of_two(told[: self.sentences], central, shown)
        return title or next(iter(told), None), below

    def _of_two(self, told: list[Claim], central: Central, shown: Sequence[Passage]) -> list[Claim]:
        """Ensure that the claims cite two of several articles, by adding a sentence if needed.

        It is added even if it says the same, and replaces the last claim if there is no room.
        """
        cited = {quote.article_id for claim in told for quote in claim.citations}
        if len(cited) > 1:
            return told
        others = (passage for passage in central.passages if passage.article.id not in cited)
        for claim in (self._as_it_stands(passage, central, shown) for passage in others):
            if claim.supported:
                return [*told[: max(1, self.sentences - 1)], claim]
        return told

    def _as_it_stands(self, passage: Passage, central: Central, shown: Sequence[Passage]) -> Claim:
        """Check a verbatim sentence as a claim, also against other papers and shown passages."""
        same = _proof((passage,), central)
        others = (each for each in shown if each.number not in {one.number for one in same})
        return self.checker.check(passage.chunk.text, (*same, *others))

    def _anything(self, articles: Sequence[Article]) -> list[Claim]:
        """Return the first verifiable sentence of all articles, for when none tells the story."""
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
        for group in islice(self._groups(shown), 1):
            draft = yield from self.writer.stream(story_headline_messages(group))
            written = own_headline(draft, _proof(group, central), checker=self.checker)
            if written:
                return written
        return None


def _proof(shown: Sequence[Passage], central: Central) -> tuple[Passage, ...]:
    """Return the shown passages and the same sentences in other papers."""
    same = (each for passage in shown for each in islice(central.elsewhere(passage), _PAPERS))
    return *shown, *same


def _named(articles: Sequence[Article]) -> Claim:
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


def _disagreements(articles: Sequence[Article], pairs: Sequence[Pair]) -> tuple[Disagreement, ...]:
    """Return differing figures of one day, then denials."""
    figures = (
        Disagreement(
            (pair.one.quantity.words, pair.other.quantity.words),
            (_quote(articles, pair.one), _quote(articles, pair.other)),
        )
        for pair in pairs
        if pair.at_once
    )
    denied = (
        Disagreement((), (_quote(articles, one), _quote(articles, other)))
        for one, other in denials(articles)
    )
    return (*figures, *denied)


def _quote(articles: Sequence[Article], told: Fact | Told) -> Citation:
    number = next(n for n, each in enumerate(articles, start=1) if each.id == told.article.id)
    return quotation(told.article, number, told.start, told.end)
