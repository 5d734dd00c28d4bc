"""Find contradictions between a claim and a similar sentence: who, whether, how many, when."""

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import replace

from rag.check.align import Laid
from rag.check.compare_words import Difference, word_differences
from rag.check.facts import Sentence
from rag.check.frames import Frame, governed
from rag.check.source import Source

EITHER_WAY = frozenset(
    "meet talk speak marry face play join discuss negotiate agree fight wed chat call_on debate".split()
)
_CONVERSE = frozenset(
    map(
        frozenset,
        (
            ("beat", "lose"),
            ("defeat", "lose"),
            ("win", "lose"),
            ("win", "defeat"),
            ("buy", "sell"),
            ("lend", "borrow"),
            ("give", "receive"),
            ("give", "get"),
        ),
    )
)
_UNTIL = frozenset(("until", "till"))
_DO_SO = (["do", "so"], ["doing", "so"], ["done", "so"])
_COMPANIES = frozenset("co company corp corporation inc ltd plc llc ag group holdings".split())
_IFS = frozenset(
    "if unless whether provided providing conditional depends depend subject hinges".split()
)


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
    refused = _doing_so(claim, laid, owned)
    for frame in claim.frames:
        if places := refused.get(frame):
            yield Difference("denial", places)
            continue
        anchor = _anchor(claim, frame)
        if anchor is None or anchor not in laid.matches or anchor not in owned:
            continue
        match = laid.matches[anchor]
        stated = _frame_above(laid.sentence, match.target)
        if stated is None:
            continue
        if stated.verb != match.target:
            lemma = laid.sentence.tokens[stated.verb].lemma
            stated = replace(stated, flags=stated.flags | governed(lemma))
        verbs = frozenset((claim.tokens[anchor].lemma, laid.sentence.tokens[match.target].lemma))
        turned = match.how == "opposed" and not _ends_then(claim, laid)
        converse = turned and verbs in _CONVERSE
        sure = anchor == frame.verb and stated.verb == match.target and match.how != "wider"
        for kind in _flags(claim, frame, stated, turned and not converse, conditional):
            yield Difference(kind if sure or kind != "denial" else "doubt", (anchor,))
        if stated.verb == match.target and anchor == frame.verb:
            yield from _roles(claim, frame, laid, stated, converse)
        yield from _speakers(frame, stated, laid)
    yield from word_differences(claim, source, laid, owned)
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


def _doing_so(claim: Sentence, laid: Laid, owned: Set[int]) -> Mapping[Frame, tuple[int, ...]]:
    """Return what "Germany has refused to do so" denies, whatever it refers to, and of whom."""
    tokens = laid.sentence.tokens
    refusing = frozenset[int]().union(
        *(
            frame.agents
            for frame in laid.sentence.frames
            if "not" in frame.flags
            and [token.lower for token in tokens[frame.verb : frame.verb + 2]] in _DO_SO
        )
    )
    found = dict[Frame, tuple[int, ...]]()
    for frame in claim.frames:
        # The parser may read "Germany supply arms" as the arms of a supply.
        before = {p for p in claim.names if p < frame.verb and claim.tokens[p].dep != "pobj"}
        places = [p for p in frame.agents | before if p in laid.matches]
        places = [p for p in places if laid.matches[p].target in refusing]
        flags = frame.flags | governed(claim.tokens[frame.verb].lemma)
        if set(places) & owned and "not" not in flags:
            found[frame] = tuple(places)
    return found


def _ends_then(claim: Sentence, laid: Laid) -> bool:
    """Return whether the sentence says until when: "closed until Friday" means open on Friday."""
    until = {place for place, (_, relation) in laid.sentence.heads.items() if relation in _UNTIL}
    return any(
        place in laid.matches
        and laid.matches[place].target in until
        and claim.heads.get(place, (0, ""))[1] not in _UNTIL
        for place in claim.days
    )


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
    claim: Sentence, claimed: Frame, stated: Frame, turned: bool, conditional: bool
) -> Iterator[str]:
    mine, theirs = claimed.flags, stated.flags
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
    claim: Sentence, claimed: Frame, laid: Laid, stated: Frame, converse: bool
) -> Iterator[Difference]:
    if claim.keys[claimed.verb] in EITHER_WAY:
        return
    mine = (
        [p for p in claimed.agents if p in laid.matches],
        [p for p in claimed.patients if p in laid.matches],
    )
    agents, patients = (_named_by(laid, places) for places in mine)
    theirs = (stated.patients, stated.agents) if converse else (stated.agents, stated.patients)
    # "The theatre burned down" agrees with a sentence in which a fire destroyed it. In a fragment,
    # the parser may read a participle as a verb: "Cracks found in the arches".
    alone = not claimed.patients and (
        claim.tokens[claimed.verb].lemma != laid.sentence.tokens[stated.verb].lemma
        or claim.text[-1:] not in ".!?"
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


def _named_by(laid: Laid, places: Sequence[int]) -> set[int]:
    """Return the matches of these positions, and of "Ford" in "Ford Motor Co." the last word too."""
    targets = {laid.matches[place].target for place in places}
    tokens = laid.sentence.tokens
    above = {tokens[target].head for target in targets if tokens[target].dep == "compound"}
    return targets | {head for head in above if tokens[head].lower.rstrip(".") in _COMPANIES}


def _speakers(claimed: Frame, stated: Frame, laid: Laid) -> Iterator[Difference]:
    mine = [p for p in claimed.speakers if p in laid.matches]
    targets = {laid.matches[p].target for p in mine}
    targets |= {laid.sentence.tokens[target].head for target in targets}  # the rebels' spokesman
    pronouns = all(laid.sentence.tokens[place].pos == "PRON" for place in stated.speakers)
    if mine and not pronouns and not targets & stated.speakers:
        yield Difference("speaker", tuple(mine))
    elif claimed.speakers and not mine and _unclaimed(laid, stated.speakers):
        yield Difference("speaker", tuple(claimed.speakers))


def _unclaimed(laid: Laid, places: Set[int]) -> bool:
    """Return whether ``places`` include a word other than a pronoun, and the claim matches none."""
    targets = {match.target for match in laid.matches.values()}
    named = any(laid.sentence.tokens[place].pos != "PRON" for place in places)
    return named and not targets & places


_SOFTER = (
    ("must", "wanted", frozenset(("must", "plan", "may", "would", "said"))),
    ("may", "possible", frozenset(("may", "if", "would", "must"))),
    ("alleged", "alleged", frozenset(("alleged", "said"))),
    ("tries", "tries", frozenset(("tries", "plan"))),
)


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
