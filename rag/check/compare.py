"""Find contradictions between a claim and a similar sentence: who, whether, how many, when."""

from collections.abc import Iterator, Set
from dataclasses import dataclass, replace

from rag.check.align import Laid
from rag.check.days import same_day
from rag.check.facts import Sentence
from rag.check.frames import Frame, governed
from rag.check.quantities import same_number, states
from rag.check.source import Source

EITHER_WAY = frozenset(
    "meet talk speak marry face play join discuss negotiate agree fight wed chat call_on debate".split()
)
_CONVERSE = frozenset(
    frozenset(pair.split())
    for pair in (
        "beat lose",
        "defeat lose",
        "win lose",
        "buy sell",
        "lend borrow",
        "give receive",
        "give get",
        "win defeat",
    )
)
_EVERY = frozenset("all every each both whole entire everyone everybody".split())
_SOME = frozenset("some several few many most half part majority certain any minority".split())
_TITLES = frozenset(
    "president minister secretary mr mrs ms dr sir prime chief king queen prince princess judge "
    "senator general".split()
)
_ONLY = frozenset("only sole solely alone".split())
_IFS = frozenset(
    "if unless whether provided providing conditional depends depend subject hinges".split()
)
_ORDER = {
    "before": "after",
    "after": "before",
    "above": "below",
    "below": "above",
    "since": "until",
    "until": "since",
}


@dataclass(frozen=True, slots=True)
class Difference:
    """A kind of contradiction, and the positions of the claim's words that it concerns."""

    kind: str
    places: tuple[int, ...] = ()


def differences(
    claim: Sentence, source: Source, laid: Laid, owned: Set[int]
) -> frozenset[Difference]:
    """Return how the sentence contradicts the claim.

    Args:
        claim: the claim.
        source: the article.
        laid: the alignment of the claim's words with the sentence.
        owned: the positions of the claim that this sentence has to prove; other sentences prove
            the rest.
    """
    return frozenset(_all(claim, source, laid, owned))


def _all(claim: Sentence, source: Source, laid: Laid, owned: Set[int]) -> Iterator[Difference]:
    conditional = _conditional(claim)
    for frame in claim.frames:
        anchor = _anchor(claim, frame)
        if anchor is None or anchor not in laid.matches or anchor not in owned:
            continue
        match = laid.matches[anchor]
        said = _frame_above(laid.sentence, match.target)
        if said is None:
            continue
        if said.verb != match.target:
            lemma = laid.sentence.tokens[said.verb].lemma
            said = replace(said, flags=said.flags | governed(lemma))
        verbs = frozenset((claim.tokens[anchor].lemma, laid.sentence.tokens[match.target].lemma))
        turned, converse = match.how == "opposed", match.how == "opposed" and verbs in _CONVERSE
        sure = anchor == frame.verb and said.verb == match.target and match.how != "wider"
        for kind in _flags(claim, frame, said, turned and not converse, conditional):
            yield Difference(kind if sure or kind != "denial" else "doubt", (anchor,))
        if said.verb == match.target and anchor == frame.verb:
            yield from _roles(claim, frame, laid, said, converse)
        yield from _speakers(frame, said, laid)
    yield from _quantifiers(claim, laid)
    yield from _figures(claim, laid, owned)
    yield from _orders(claim, laid)
    yield from _directions(claim, laid)
    yield from _names(claim, source)
    yield from _choices(claim, laid)
    for place, match in laid.matches.items():
        # An old song does not contradict a new bridge.
        above = claim.heads.get(place, (place, ""))[0]
        if (
            match.how == "opposed"
            and claim.tokens[place].pos != "VERB"
            and place in owned
            and (above == place or laid.linked(place, above))
        ):
            yield Difference("opposed", (place,))


def _anchor(claim: Sentence, frame: Frame) -> int | None:
    if frame.verb in claim.content:
        return frame.verb
    if claim.tokens[frame.verb].lemma not in {"be", "have", "do", "get", "become"}:
        return None
    below = [
        p
        for p in claim.content
        if claim.tokens[p].dep in {"attr", "acomp", "xcomp", "advmod", "dobj", "pobj"}
        and _under(claim, p, frame.verb)
    ]
    return below[0] if below else None


def _under(sentence: Sentence, place: int, top: int) -> bool:
    for _ in range(3):
        above = sentence.tokens[place].head
        if above == top:
            return True
        if above == place:
            return False
        place = above
    return False


def _frame_above(sentence: Sentence, place: int) -> Frame | None:
    deeds = {frame.verb: frame for frame in sentence.frames}
    for _ in range(6):
        if place in deeds:
            return deeds[place]
        above = sentence.tokens[place].head
        if above == place:
            return None
        place = above
    return None


def _flags(
    claim: Sentence, claimed: Frame, said: Frame, turned: bool, conditional: bool
) -> Iterator[str]:
    mine, theirs = claimed.flags, said.flags
    if "now" in mine and any(token.lower in {"now", "already"} for token in claim.tokens):
        mine = mine | {"past"}
    if turned == (("not" in mine) == ("not" in theirs)):
        yield "denial"
    lost = "if" in theirs and not conditional
    if lost or ("if" in mine and not theirs & {"if", "may", "would"}):
        yield "condition"
    ahead = theirs & {"plan", "would", "may"} and not theirs & {"if", "past"}
    if ahead and "past" in mine and not mine & {"plan", "would", "may", "said"}:
        yield "plan"
    if "must" in mine and "may" in theirs and "must" not in theirs:
        yield "duty"
    # Flags of the source, and the flags of the claim that are acceptable in their place.
    yield from (kind for flag, kind, kept in _SOFTER if flag in theirs and not mine & kept)


def _roles(
    claim: Sentence, claimed: Frame, laid: Laid, said: Frame, converse: bool
) -> Iterator[Difference]:
    if claim.keys[claimed.verb] in EITHER_WAY:
        return
    mine = (
        [p for p in claimed.agents if p in laid.matches],
        [p for p in claimed.patients if p in laid.matches],
    )
    agents, patients = ({laid.matches[p].target for p in places} for places in mine)
    theirs = (said.patients, said.agents) if converse else (said.agents, said.patients)
    # "The theatre burned down" agrees with a sentence in which a fire destroyed it.
    alone = (
        not claimed.patients
        and claim.tokens[claimed.verb].lemma != laid.sentence.tokens[said.verb].lemma
    )
    if ((agents & theirs[1]) - theirs[0] and not alone) or (patients & theirs[0]) - theirs[1]:
        yield Difference("roles", (*mine[0], *mine[1]))
        return
    for places, targets, others, kind in zip(
        mine, (agents, patients), theirs, ("agent", "patient"), strict=True
    ):
        if targets and others and not targets & others:
            named = any(place in claim.names for place in places)
            yield Difference("who" if named else kind, tuple(places))
    lost = [place for place in claimed.agents if place in claim.names]
    if lost and not mine[0] and _unclaimed(laid, theirs[0]):
        yield Difference("other", tuple(lost))
    # "A and B resigned" differs from "A and C resigned", even if another sentence contains B.
    strangers = [place for place in lost if place not in laid.matches]
    unclaimed = theirs[0] & laid.sentence.names - {each.target for each in laid.matches.values()}
    if mine[0] and strangers and unclaimed:
        yield Difference("who", tuple(strangers))


def _speakers(claimed: Frame, said: Frame, laid: Laid) -> Iterator[Difference]:
    mine = [p for p in claimed.speakers if p in laid.matches]
    targets = {laid.matches[p].target for p in mine}
    targets |= {laid.sentence.tokens[target].head for target in targets}  # the rebels' spokesman
    pronouns = all(laid.sentence.tokens[place].pos == "PRON" for place in said.speakers)
    if mine and not pronouns and not targets & said.speakers:
        yield Difference("speaker", tuple(mine))
    elif claimed.speakers and not mine and _unclaimed(laid, said.speakers):
        yield Difference("speaker", tuple(claimed.speakers))


def _unclaimed(laid: Laid, places: Set[int]) -> bool:
    """Return whether ``places`` include a word other than a pronoun, and the claim matches none."""
    targets = {match.target for match in laid.matches.values()}
    named = any(laid.sentence.tokens[place].pos != "PRON" for place in places)
    return named and not targets & places


def _quantifiers(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    theirs = {token.lower for token in laid.sentence.tokens}
    for place, token in enumerate(claim.tokens):
        if token.lower in _EVERY and not theirs & _EVERY and theirs & _SOME:
            yield Difference("all", (place,))
        if token.lower in _ONLY and not theirs & _ONLY:
            yield Difference("only", (place,))
        # Superlatives: the second largest is not the largest.
        if token.tag in {"JJS", "RBS"} and place in laid.matches:
            target = laid.matches[place].target
            if _ranks(claim, place) != _ranks(laid.sentence, target):
                yield Difference("rank", (place,))


def _choices(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    """Find one of two names that the source joins by "or": "A or B will win" does not support A."""
    if any(token.lower in {"or", "either", "may", "might", "could"} for token in claim.tokens):
        return
    tokens, met = laid.sentence.tokens, {match.target: p for p, match in laid.matches.items()}
    for place in laid.sentence.names:
        one = tokens[place].head
        others = any(token.head == one and token.lower == "or" for token in tokens)
        joined = others and tokens[place].dep == "conj" and one in laid.sentence.names
        if joined and (one in met) != (place in met):
            yield Difference("either", (met[one if one in met else place],))


def _ranks(sentence: Sentence, place: int) -> frozenset[float]:
    near = range(max(0, place - 2), place)
    return frozenset(
        sentence.quantities[n].value
        for n in near
        if n in sentence.quantities and sentence.quantities[n].ordinal
    )


def _figures(claim: Sentence, laid: Laid, owned: Set[int]) -> Iterator[Difference]:
    """Find the same figure with another unit, scale, order or bound, and another day instead."""
    for place, each in claim.quantities.items():
        if place not in claim.content:
            continue
        if place in laid.matches:
            target = laid.matches[place].target
            said = laid.sentence.quantities.get(target)
            if said and {said.turn, each.turn} == {"from", "to"}:
                yield Difference("number", (place,))
            continue
        if any(
            same_number(said, each) and not states(said, each)
            for said in laid.sentence.quantities.values()
        ):
            yield Difference("number", (place,))
    for place, day in claim.days.items():
        above = claim.heads.get(place, (place, ""))[0]
        others = laid.sentence.days.values()
        unmet = place in claim.content and place not in laid.matches and above in owned
        if unmet and others and not any(same_day(said, day) for said in others):
            yield Difference("day", (place,))


def _orders(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    """Find swapped or reversed order words: before and after, above and below, since and until."""
    for later, mine, sooner in _ordered(claim):
        if later not in laid.matches or sooner not in laid.matches:
            continue
        one, other = laid.matches[later].target, laid.matches[sooner].target
        for theirs_later, theirs, theirs_sooner in _ordered(laid.sentence):
            if (theirs_later, theirs_sooner) == (one, other) and theirs == _ORDER[mine]:
                yield Difference("order", (later,))
            if (theirs_later, theirs_sooner) == (other, one) and theirs == mine:
                yield Difference("order", (later,))


def _ordered(sentence: Sentence) -> Iterator[tuple[int, str, int]]:
    """Yield each word that depends on another by an order word: dependent, order word and head."""
    for place, (head, relation) in sentence.heads.items():
        if relation in _ORDER:
            yield place, relation, head
            continue
        for mark, token in enumerate(sentence.tokens):
            if (
                token.head == place
                and mark != place
                and token.dep in {"mark", "prep"}
                and token.lower in _ORDER
            ):
                yield place, token.lower, head


_UP = frozenset(
    "up rise increase climb grow gain jump surge soar raise higher more lift growth".split()
)
_DOWN = frozenset(
    "down fall drop decline decrease shrink sink slip plunge lower cut reduce less fewer lose loss".split()
)
_SOFTER = (
    ("must", "wanted", frozenset(("must", "plan", "may", "would", "said"))),
    ("may", "possible", frozenset(("may", "if", "would", "must"))),
    ("alleged", "alleged", frozenset(("alleged", "said"))),
    ("tries", "tries", frozenset(("tries", "plan"))),
)
_GOES = frozenset("be go come stand move edge".split())


def _directions(claim: Sentence, laid: Laid) -> Iterator[Difference]:
    mine, theirs = _direction(claim), _direction(laid.sentence)
    for sign, place in mine.items():
        if sign not in theirs and -sign in theirs and -sign not in mine:
            yield Difference("opposed", (place,))


def _direction(sentence: Sentence) -> dict[int, int]:
    found: dict[int, int] = {}
    for place, token in enumerate(sentence.tokens):
        if token.lower in {"up", "down"}:
            if (
                token.dep in {"prt", "advmod", "acomp", "prep"}
                and sentence.tokens[token.head].lemma in _GOES
            ):
                found.setdefault(1 if token.lower == "up" else -1, place)
        elif (
            token.lemma in _UP and token.pos in {"VERB", "NOUN"} and "_" not in sentence.keys[place]
        ):
            found.setdefault(1, place)
        elif (
            token.lemma in _DOWN
            and token.pos in {"VERB", "NOUN"}
            and "_" not in sentence.keys[place]
        ):
            found.setdefault(-1, place)
    return found


def _names(claim: Sentence, source: Source) -> Iterator[Difference]:
    """Find mixed names: "Ada Brandt" where the article has Ada Quill and Otto Brandt."""
    for place in claim.names:
        after = place + 1
        one, other = claim.tokens[place], claim.tokens[after] if after < len(claim.tokens) else None
        if other is None or after not in claim.names or one.head != after:
            continue
        if one.lower in _TITLES or other.lower in _TITLES:
            continue
        if (
            source.has(one.text)
            and source.has(other.text)
            and not source.has_beside(one.text, other.text)
        ):
            yield Difference("name", (place, after))


def _conditional(sentence: Sentence) -> bool:
    """Return whether a sentence states a condition: "if", "should he", "without ... no"."""
    if any("if" in frame.flags for frame in sentence.frames):
        return True
    words = [token.lower for token in sentence.tokens]
    if any(word in _IFS for word in words):
        return True
    inverted = any(
        token.lower == "should"
        and any(
            place < n < token.head
            for n, t in enumerate(sentence.tokens)
            if t.head == token.head and t.dep in {"nsubj", "nsubjpass"}
        )
        for place, token in enumerate(sentence.tokens)
    )
    return inverted or ("without" in words and bool({"no", "not"} & set(words)))
