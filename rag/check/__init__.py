"""Check a sentence against articles: find supporting quotes and the words that no quote supports.

1. The sentence and the closest sentences of the articles are parsed and their facts extracted
   (:mod:`rag.check.facts`): words, names, quantities, days, who does what to whom, and whether it
   is denied, planned, possible, alleged or conditional.
2. Each word of the claim is aligned with the sentences (:mod:`rag.check.align`), and the smallest
   set of sentences that covers it is chosen (:mod:`rag.check.proof`): one to three, which may
   include titles.
3. Contradictions between these sentences and the claim are found (:mod:`rag.check.compare`).
4. A logistic regression over all of that gives the probability that the sentences support the
   claim (:mod:`rag.check.decide`); a plain contradiction halves it.

Articles in languages other than English are compared word by word, without a parse: a sentence is
supported only if one of their sentences contains all its words, names and numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice

from rag.check.decide import PLAIN, Weights, features, probability, trusted, weights
from rag.check.facts import LIGHT, read
from rag.check.measures import measured
from rag.check.parse import Parser, spacy_parser, word_parser
from rag.check.proof import MOST_QUOTES, Proof, prove
from rag.check.quantities import Quantity
from rag.check.reasons import reason
from rag.check.source import Place, Source, english, source_of
from rag.check.spans import unbacked
from rag.check.wording import as_written
from rag.text import sentences
from rag.text.citations import quotation
from rag.text.terms import terms
from rag.types import Citation, Claim, Passage

__all__ = ["SUPPORT", "Checker", "Judge", "Parser", "spacy_parser", "word_parser"]

SUPPORT = 0.6
Judge = Callable[[str, str], float | None]
"""Of quotes and a claim the probability that a language model says yes to "do they state it?"."""

_PARTLY = 0.34  # share of a claim's words from which it is partly supported
_SHORT = 8  # maximum words of an answer that is not a sentence
_LONGEST = 4000  # maximum characters of a claim
# Log-odds of a short answer: bias, and weight of the share of its question found next to it.
_ANSWER_BIAS, _ANSWER_SHARE = -0.8, 4.0
_EMPTY = "there is nothing in it to check"
VETO = 0.5  # factor on the probability of a contradicted claim
_EMPTY_VERBS = LIGHT | {"happen", "occur"}  # verbs without which a sentence says as much


@dataclass(frozen=True, slots=True)
class Evidence:
    """The features of a claim, its kinds of contradiction, and whether it appears verbatim.

    ``verbs`` are those that no quote has.
    """

    features: Mapping[str, float]
    kinds: frozenset[str]
    whole: bool
    verbs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Checker:
    """Checks sentences against articles.

    ``parser`` parses them. ``support`` is the minimum probability of a supported claim, 0 to 1; at
    1 only verbatim sentences are supported. ``judge`` is also asked about claims, against English
    articles, that neither appear verbatim nor are plainly contradicted.
    """

    parser: Parser
    support: float = SUPPORT
    judge: Judge | None = None
    learned: Weights = field(default_factory=weights)

    def check(
        self,
        sentence: str,
        sources: Sequence[Passage],
        *,
        question: str = "",
        cited: frozenset[int] = frozenset(),
        before: str = "",
    ) -> Claim:
        """Return the sentence as a claim with its status, quotes and unsupported words.

        Args:
            sentence: one sentence without citation marks, or a short answer in a few words.
            sources: passages; their whole articles are searched, including titles.
            question: the question that the sentence answers. The quotes of a short answer should
                contain its facts too; and a verb of the question that no quote has is an echo of
                it, not a finding.
            cited: numbers of the articles to prefer among equals.
            before: the preceding sentence, whose names its pronouns may refer to.

        Raises:
            ModelError: if the parser cannot be loaded.
        """
        return self._check(sentence, sources, question, cited, before)

    def check_text(self, text: str, sources: Sequence[Passage]) -> tuple[Claim, ...]:
        """Check every sentence of a text; pronouns may refer to names of the preceding sentence."""
        claims, before = [], ""
        for start, end in sentences(text):
            claims.append(self._check(text[start:end], sources, "", frozenset(), before))
            before = text[start:end]
        return tuple(claims)

    def evidence(self, sentence: str, sources: Sequence[Passage]) -> Evidence:
        """Return the findings on a sentence before the decision; the weights are fitted on them."""
        read_in = [source_of(passage.article, self.parser) for passage in sources]
        numbers = {passage.article.id: passage.number for passage in sources}
        if _verbatim_quotes(sentence, read_in, numbers):
            return Evidence({}, frozenset(), whole=True)
        proof = _prove(sentence, read_in, self.parser, "", "", frozenset())
        found = features(proof) | measured(sentence, proof)
        return Evidence(found, trusted(proof), whole=False, verbs=_lacking_verbs(proof))

    def _check(
        self,
        sentence: str,
        sources: Sequence[Passage],
        question: str,
        cited: frozenset[int],
        before: str,
    ) -> Claim:
        if why := _uncheckable(sentence, sources):
            return Claim(sentence, reason=why)
        sources = sorted(sources, key=lambda passage: passage.number not in cited)
        articles = {passage.article.id: passage.article for passage in sources}
        english_only = all(english(article) for article in articles.values())
        parser = self.parser if english_only else word_parser()
        found = [source_of(article, parser) for article in articles.values()]
        numbers = {passage.article.id: passage.number for passage in reversed(sources)}
        if whole := _verbatim_quotes(sentence, found, numbers):
            return Claim(sentence, whole, "supported", score=1.0)
        preferred = frozenset(i for i, n in numbers.items() if n in cited)
        proof = _prove(sentence, found, parser, question, before, preferred)
        if not proof.claim.content:
            return Claim(sentence, reason=_EMPTY)
        if not proof.laid:
            return Claim(sentence, reason="the source contains none of its words")
        score, plain = self._likely(sentence, proof, question, english_only)
        quotes = _quotes(proof, found, numbers)
        if self.judge is not None and english_only and not plain:
            score = self._judged(score, quotes, sentence, question)
        if score >= self.support and self.support < 1:
            return Claim(sentence, quotes, "supported", score=score)
        spans, why = unbacked(sentence, proof), reason(proof, score, self.support)
        if features(proof)["words"] >= _PARTLY:
            return Claim(sentence, quotes, "partly", spans, score, why)
        return Claim(sentence, (), "unsupported", spans, score, why)

    def _likely(
        self, sentence: str, proof: Proof, question: str, english_only: bool
    ) -> tuple[float, bool]:
        """Return how likely quotes support a sentence, and whether they plainly contradict it."""
        plain = bool(trusted(proof) & PLAIN) or _echoes(proof, question)
        found = features(proof)
        if not english_only or not any(token.dep for token in proof.claim.tokens):
            # Without a parse, only a claim with all its words in one sentence is supported.
            score = 0.9 if found["first"] > 0.99 and not proof.differences else 0.5 * found["first"]
        elif question and len(sentence.split()) <= _SHORT and not proof.claim.frames:
            score = _answers(proof, question)
        else:
            score = self.learned.probability(found | measured(sentence, proof))
        return (VETO * score if plain else score), plain

    def _judged(
        self, score: float, quotes: Sequence[Citation], sentence: str, question: str
    ) -> float:
        statement = (
            f"{question} {sentence}" if question and len(sentence.split()) <= _SHORT else sentence
        )
        likely = (
            self.judge(" ".join(quote.quote for quote in quotes), statement) if self.judge else None
        )
        return score if likely is None else self.learned.judged(score, likely)


def _uncheckable(sentence: str, sources: Sequence[Passage]) -> str:
    """Return why a sentence cannot be checked, or nothing."""
    if not any(letter.isalnum() for letter in sentence):
        return _EMPTY
    if sentence.strip(" .!,").casefold() in {"yes", "no"}:
        return "yes or no alone cannot be checked"
    if not sources:
        return "there is no source"
    if len(sentence) > _LONGEST:
        return f"it is longer than {_LONGEST:,} characters"
    return ""


def _echoes(proof: Proof, question: str) -> bool:
    """Return whether a verb that no quote has was taken from the question."""
    asked = terms(question).stems
    lacking = (proof.claim.tokens[place] for place in proof.missing)
    return any(
        token.pos == "VERB" and token.lemma not in _EMPTY_VERBS and terms(token.text).stems & asked
        for token in lacking
    )


def _lacking_verbs(proof: Proof) -> tuple[str, ...]:
    """Return the verbs that no quote has; "take" says nothing in "take a bribe"."""
    tokens = proof.claim.tokens
    with_object = {token.head for token in tokens if token.dep == "dobj"}
    return tuple(
        tokens[place].text
        for place in proof.missing
        if tokens[place].pos == "VERB"
        and not (tokens[place].lemma in LIGHT and place in with_object)
    )


def _answers(proof: Proof, question: str) -> float:
    """Return the probability that a short answer appears where its question is discussed."""
    asked = terms(question)
    there = frozenset[str]()
    for source, laid in proof.laid:
        place = source.places[laid.number]
        there |= place.terms.stems | terms(source.article.title).stems
    share = len(asked.stems & there) / max(1, len(asked.stems))
    if proof.missing or proof.differences:
        return 0.5 * features(proof)["words"]
    return probability(_ANSWER_BIAS + _ANSWER_SHARE * share)


def _prove(
    sentence: str,
    sources: Sequence[Source],
    parser: Parser,
    question: str,
    before: str,
    preferred: frozenset[str],
) -> Proof:
    written = as_written(sentence)
    day = next((source.article.published for source in sources if source.article.published), None)
    claim = read(written, parser.parse([written])[0], day)
    # A source with "nearly 60%" supports the answer "60%" to "how much?".
    if question and len(sentence.split()) <= _SHORT:
        claim = replace(claim, quantities=dict(_unbound(claim.quantities)))
    about = terms(f"{written} {question} {before}".strip())
    return prove(claim, about, sources, asked=terms(question), preferred=preferred)


def _unbound(found: Mapping[int, Quantity]) -> Iterator[tuple[int, Quantity]]:
    for place, each in found.items():
        yield place, each if each.bound else replace(each, bound="any")


def _verbatim_quotes(
    sentence: str, sources: Sequence[Source], numbers: dict[str, int]
) -> tuple[Citation, ...]:
    """Quote the whole sentences and titles with the same words, at most one per article."""
    places = ((source, source.stating(sentence)) for source in sources)
    found = (_quote(source, place, numbers) for source, place in places if place is not None)
    return tuple(islice(found, MOST_QUOTES))


def _quotes(
    proof: Proof, sources: Sequence[Source], numbers: dict[str, int]
) -> tuple[Citation, ...]:
    """Return the quotes of a proof; a single one also from articles with the same sentence."""
    found = [_quote(source, source.places[laid.number], numbers) for source, laid in proof.laid]
    if len(found) == 1:
        others = [source for source in sources if source is not proof.laid[0][0]]
        found += _verbatim_quotes(found[0].quote, others, numbers)
    return tuple(found[:MOST_QUOTES])


def _quote(source: Source, place: Place, numbers: dict[str, int]) -> Citation:
    return quotation(
        source.article, numbers[source.article.id], place.start, place.end, place.field
    )
