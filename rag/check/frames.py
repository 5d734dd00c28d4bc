"""Find who does what to whom in a sentence, and if it is reported, denied, planned or possible."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from rag.check.governors import (
    ADVERBS,
    CLAUSES,
    GOVERNED,
    GOVERNING,
    IFS,
    MODALS,
    NEGATING,
    SAYS,
)
from rag.check.parse import Tokens

_SUBJECTS = frozenset("nsubj csubj".split())
_OBJECTS = frozenset("dobj dative oprd".split())
_WHO = frozenset("who which that whom whose".split())
_CONTROLS_OBJECT = frozenset(
    "tell ask order allow permit want urge force help let make get persuade expect warn require "
    "see hear enable advise instruct".split()
)
_NOTHING = frozenset("no nobody none nothing neither nowhere zero".split())
_DEEP = 8


@dataclass(frozen=True, slots=True)
class Frame:
    """A predicate: the position of its verb, its agents and patients, and its modality.

    ``flags`` are some of not, if, plan, may, must, alleged, tries, would, said, past, now and loose
    (a participle without an auxiliary). ``speakers`` are those to whom it is attributed.
    """

    verb: int
    agents: frozenset[int]
    patients: frozenset[int]
    flags: frozenset[str]
    speakers: frozenset[int] = field(default=frozenset())


def frames(tokens: Tokens) -> tuple[Frame, ...]:
    """Return the predicates of a sentence, one per verb."""
    reader = _Reader(tokens)
    return tuple(reader.frame(place) for place, token in enumerate(tokens) if reader.is_deed(place))


def governed(lemma: str) -> frozenset[str]:
    """Return the flags that a verb gives to a noun: to "theft" in "accused of the theft"."""
    # "To be" makes a plan only of a clause: what is "the heaviest" is a fact.
    found = {
        flag
        for lemmas, relations, flag in GOVERNING
        if lemma in lemmas - {"be"} and "pcomp" in relations
    }
    return frozenset(found | ({"not"} if lemma in NEGATING else set()))


class _Reader:
    def __init__(self, tokens: Tokens) -> None:
        self.tokens = tokens
        self.children: list[list[int]] = [[] for _ in tokens]
        for place, token in enumerate(tokens):
            if token.head != place:
                self.children[token.head].append(place)

    def is_deed(self, place: int) -> bool:
        token = self.tokens[place]
        # An adjective is not a predicate: "the burning house".
        finite = token.tag not in {"VBN", "VBG"}
        # The tagger may read "she did damage it" as a noun.
        verb = token.pos == "VERB" or (token.pos != "AUX" and self.of(place, "aux"))
        if verb and token.dep not in {"aux", "prep", "prt"}:
            return finite or token.dep != "amod"
        return token.pos == "AUX" and token.dep not in {"aux", "auxpass"}

    def frame(self, place: int) -> Frame:
        agents, patients = self.roles(place)
        flags, speakers = self.flags(place)
        return Frame(place, frozenset(agents), frozenset(patients), flags, speakers)

    def of(self, place: int, *relations: str) -> list[int]:
        return [child for child in self.children[place] if self.tokens[child].dep in relations]

    def with_conjuncts(self, places: Sequence[int]) -> set[int]:
        found = set(places)
        for place in places:
            run = [place]
            while run:
                for child in self.of(run.pop(), "conj", "appos"):
                    if child not in found:
                        found.add(child)
                        run.append(child)
        return found

    def passive(self, place: int) -> bool:
        return bool(self.of(place, "nsubjpass", "auxpass", "csubjpass"))

    def roles(self, place: int, depth: int = 0) -> tuple[set[int], set[int]]:
        token = self.tokens[place]
        subjects = self.of(place, *_SUBJECTS)
        patients = set(self.of(place, *_OBJECTS, "nsubjpass", "csubjpass"))
        agents = set(subjects)
        for by in self.of(place, "agent"):
            agents |= set(self.of(by, "pobj"))
        for to in self.of(place, "dative"):
            patients |= set(self.of(to, "pobj"))
        if token.dep == "relcl":
            agents, patients = self._relative(agents, patients, token.head)
        elif token.dep == "acl" and token.head != place:
            # The parser may read "The ferry left at noon" as a ferry that was left.
            if token.tag != "VBN":
                agents.add(token.head)
            elif self.tokens[token.head].dep != "ROOT" or self.of(place, "agent"):
                patients.add(token.head)
        elif not subjects and not self.passive(place) and token.head != place and depth < _DEEP:
            doers, sufferers = self._shared(place, token.head, depth)
            agents |= doers
            patients |= sufferers
        return self.with_conjuncts(sorted(agents)), self.with_conjuncts(sorted(patients))

    def _shared(self, place: int, head: int, depth: int) -> tuple[set[int], set[int]]:
        """Return the agents and patients that a verb inherits from the verb it depends on."""
        token = self.tokens[place]
        above = self.roles(head, depth + 1) if self.is_deed(head) else (set(), set())
        suffering = set(self.of(head, "nsubjpass"))
        if token.dep == "conj" and suffering:
            again = token.tag == "VBN" and not self.of(place, "aux")
            return (set(), suffering) if again else (suffering, set())
        if token.dep == "conj":
            return above[0], set()
        if token.dep in {"xcomp", "advcl", "ccomp"}:
            controlled = self.tokens[head].lemma in _CONTROLS_OBJECT and above[1]
            return suffering or (above[1] if controlled else above[0]), set()
        return set(), set()

    def _relative(
        self, agents: set[int], patients: set[int], head: int
    ) -> tuple[set[int], set[int]]:
        who = {p for p in (*agents, *patients) if self.tokens[p].lower in _WHO}
        if not who and agents:
            return agents, patients | {head}
        doers = {head if place in who else place for place in agents}
        return doers, {head if place in who else place for place in patients}

    def flags(self, place: int) -> tuple[frozenset[str], frozenset[int]]:
        found, speakers, denied = set[str](), set[int](), False
        self._tense(place, found)
        current = place
        for step in range(_DEEP):
            token = self.tokens[current]
            denied ^= self._own(current, found, speakers, first=step == 0)
            head = token.head
            if head == current:
                break
            above = self.tokens[head]
            if token.dep == "conj":
                if self.of(current, "nsubj", "nsubjpass", "aux"):
                    break
                current = head
                # A negation of the first conjunct does not apply to the second.
                denied ^= self._denies(head)
                continue
            if token.dep not in CLAUSES or self._is_aside(current):
                break
            denied ^= self._governed(head, above.lemma, token.dep, found, speakers)
            current = head
        if denied:
            found.add("not")
        return frozenset(found), frozenset(speakers)

    def _is_aside(self, place: int) -> bool:
        """Return whether a verb of saying follows what is said: "it fell, the mayor says"."""
        first = place
        while self.children[first] and min(self.children[first]) < first:
            first = min(self.children[first])
        comma = first > 0 and self.tokens[first - 1].lower == ","
        return comma and self.tokens[place].dep == "ccomp" and self.tokens[place].lemma in SAYS

    def _tense(self, place: int, found: set[str]) -> None:
        token = self.tokens[place]
        auxiliaries = {self.tokens[c].lower for c in self.of(place, "aux", "auxpass")}
        if token.tag == "VBD" or auxiliaries & {
            "had",
            "was",
            "were",
            "did",
            "has",
            "have",
            "been",
            "'ve",
        }:
            found.add("past")
        elif token.tag in {"VBN", "VBG"} and not auxiliaries:
            found.add("loose")
        else:
            found.add("now")

    def _denies(self, place: int) -> bool:
        denied = bool(self.of(place, "neg"))
        for child in self.children[place]:
            token = self.tokens[child]
            if (
                token.lower in _NOTHING
                or (
                    token.dep in {"nsubj", "nsubjpass", "dobj", "attr"}
                    and any(
                        self.tokens[c].lower in {"no", "neither"}
                        and self.tokens[min(c + 1, len(self.tokens) - 1)].tag not in {"JJR", "RBR"}
                        for c in self.of(child, "det", "neg", "cc", "preconj")
                    )
                )
                or (
                    token.dep == "prep"
                    and token.lower == "without"
                    and self.tokens[place].pos == "AUX"
                )
                or (
                    token.dep == "advmod"
                    and ADVERBS.get(token.lower) == "not"
                    and token.dep != "neg"
                )
            ):
                denied = not denied
        return denied

    def _own(self, place: int, found: set[str], speakers: set[int], *, first: bool) -> bool:
        for child in self.children[place]:
            token = self.tokens[child]
            if token.dep == "aux" and token.lower in MODALS:
                found.add(MODALS[token.lower])
            elif token.dep == "advmod" and token.lower in ADVERBS:
                found.add(ADVERBS[token.lower])
            elif (token.dep in {"mark", "aux"} and token.lower in IFS and place > child) or (
                token.dep == "advcl" and self._conditional(child)
            ):
                found.add("if")
            elif token.dep == "prep" and token.lower == "according":
                for to in self.of(child, "prep"):
                    speakers.update(self.of(to, "pobj"))
                found.add("said")
        token = self.tokens[place]
        if (
            first
            and self.of(place, "aux")
            and token.dep == "xcomp"
            and self.tokens[token.head].lemma == "be"
        ):
            found.add("plan")  # "is to meet"
        found.discard("not")
        return self._denies(place)

    def _conditional(self, place: int) -> bool:
        marks = {self.tokens[c].lower for c in self.of(place, "mark", "advmod")}
        inverted = any(
            self.tokens[c].lower in {"should", "had", "were"} and self._leads(c, place)
            for c in self.of(place, "aux")
        )
        return bool(marks & IFS) or inverted

    def _leads(self, auxiliary: int, verb: int) -> bool:
        subjects = self.of(verb, "nsubj", "nsubjpass")
        return bool(subjects) and auxiliary < min(subjects)

    def _governed(
        self, head: int, lemma: str, relation: str, found: set[str], speakers: set[int]
    ) -> bool:
        """Add the flags that a word gives to a dependent clause; return whether it negates it."""
        verb, clause = self.tokens[head].pos == "VERB", relation in GOVERNED
        if verb and relation in {"dobj", "attr", "pobj", "advmod"} and lemma in NEGATING:
            return True
        if lemma in SAYS and relation in {"ccomp", "xcomp", "pcomp", "dobj"}:
            found.add("said")
            speakers |= self.with_conjuncts(self.of(head, "nsubj"))
        found.update(
            flag
            for lemmas, relations, flag in GOVERNING
            if lemma in lemmas and relation in relations
        )
        return lemma == "without" or (clause and lemma in NEGATING)
