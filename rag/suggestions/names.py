"""Find the names that articles are about: in the title and in several sentences."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, field
from itertools import islice

from rag.suggestions.runs import ROLES, Name, Run, of_a_people, runs
from rag.text import sentences
from rag.text.terms import STOPWORDS, Token, plain, terms
from rag.types import Article

SEVERAL = 2  # sentences with a name, from which it is a subject of the article
_READ = 15  # leading sentences of an article that are analysed
_LONG = 1000  # maximum characters of a sentence
_LONGEST = 4  # maximum words of a name; longer ones are lists and titles of works
_SHORTEST = 3  # minimum letters of a one-word name
_OWN = 3  # uses alone required for each use at the end of a longer name: Geneva, Lake Geneva
_AGENCIES = frozenset("reuters afp bbc cnn".split())  # sources of news
_SEVERAL_THINGS = re.compile(r"(?:the )?[A-Z]{2,}s")
_BELIEFS = frozenset(
    "tory labour conservative democrat liberal muslim christian jew arab hindu sikh catholic".split()
)


@dataclass(frozen=True, slots=True)
class Told:
    """An article as analysed: its sentences, the names of each, and the words of its title."""

    article: Article
    sentences: tuple[str, ...]
    runs: tuple[tuple[Run, ...], ...]
    title: str

    @property
    def names(self) -> frozenset[Name]:
        """All names as written."""
        return frozenset(run.name for found in self.runs for run in found)

    def in_title(self, name: Name) -> bool:
        """Return whether the title contains this name, word by word."""
        return f" {' '.join(name)} " in self.title

    def each(self) -> Iterator[tuple[int, Run]]:
        """Yield every name with the index of its sentence."""
        for number, found in enumerate(self.runs):
            for run in found:
                yield number, run


def told(articles: Sequence[Article]) -> tuple[tuple[Told, ...], frozenset[str]]:
    """Return the analysed articles and the words that they write in lower case somewhere."""
    cut = [_cut(plain(article.text)) for article in articles]
    small = frozenset(
        token.folded
        for each in cut
        for sentence, tokens in each
        for token in tokens
        if sentence[token.start].islower()
    )
    looked = (
        Told(
            article,
            tuple(sentence for sentence, _ in each),
            tuple(runs(sentence, tokens, small) for sentence, tokens in each),
            f" {' '.join(_folded(article.title))} ",
        )
        for article, each in zip(articles, cut, strict=True)
    )
    return tuple(looked), small


def _cut(text: str) -> list[tuple[str, tuple[Token, ...]]]:
    cut = (text[start:end] for start, end in islice(sentences(text), _READ))
    # Anything much longer than a sentence is a list, or a text without full stops.
    return [(each, terms(each).tokens) for each in cut if len(each) <= _LONG]


def _folded(text: str) -> Name:
    return tuple(token.folded for token in terms(text).tokens)


@dataclass(slots=True)
class Subject:
    """A name, its spellings, and the articles that mention it, by index."""

    name: Name
    written: Counter[str] = field(default_factory=Counter)
    after_the: Counter[bool] = field(default_factory=Counter)
    led_on: Counter[bool] = field(default_factory=Counter)
    role: bool = False
    held: dict[int, int] = field(default_factory=dict)  # sentences with the name, by article
    titled: list[int] = field(default_factory=list)  # articles that also have it in the title

    def see(self, sentence: str, run: Run) -> None:
        """Count one more occurrence of the whole name."""
        self.written[sentence[run.start : run.end]] += 1
        self.role |= run.role
        leading = leads_on(sentence[run.end :])
        self.led_on[leading] += 1
        if not leading:
            self.after_the[sentence[: run.start].casefold().endswith("the ")] += 1

    @property
    def label(self) -> str:
        """The name as used in a sentence, with "the" if it mostly has one."""
        (written, _), *_ = self.written.most_common(1)
        return f"the {written}" if self.after_the[True] > self.after_the[False] else written

    @property
    def person(self) -> bool:
        """Whether it is certainly a person."""
        return self.role and len(self.name) > 1

    @property
    def rank(self) -> tuple[int, int, int, int]:
        """Sort key: names in many titles first, then those that are mentioned often."""
        several = sum(count >= SEVERAL for count in self.held.values())
        return -len(self.titled), -several, -sum(self.held.values()), self.titled[0]


def leads_on(rest: str) -> bool:
    """Return whether a name modifies the noun after it: Tory leader, Balco scandal."""
    word, *_ = [*terms(rest[:40]).tokens, None]
    return (
        word is not None
        and rest[:1] == " "
        and rest[1 : 1 + len(word.folded)] == word.folded  # directly after, and in lower case
        and word.folded not in STOPWORDS
        and not word.folded.endswith(("ed", "s", "ly"))
    )


class Names:
    """Decides which capitalised runs are names and which are short for others."""

    def __init__(self, found: Sequence[Told], small: Set[str]) -> None:
        """Count the capitalised runs of all articles, alone and within others."""
        self._small = small
        every = [run for each in found for _, run in each.each()]
        self._whole = Counter(run.name for run in every)
        self._parts = Counter(part for run in every for part in _parts(run.name))
        self._titled = {run.name for run in every if run.role}
        self._longer: dict[str, set[Name]] = defaultdict(set)
        for name in self._whole:
            if len(name) > 1:
                self._longer[name[-1]].add(name)
        self._surnames = frozenset(self._found_surnames(found))
        self._sources = {_folded(each.article.publisher) for each in found}
        self._sources |= {_folded(author) for each in found for author in each.article.authors}

    def _found_surnames(self, found: Sequence[Told]) -> Iterator[str]:
        """Yield words mostly used alone where the article also has a longer name ending in them."""
        beside: dict[str, list[bool]] = defaultdict(list)
        for each in found:
            here = each.names
            for name in here:
                if len(name) == 1:
                    beside[name[0]].append(not here.isdisjoint(self._longer[name[0]]))
        return (word for word, there in beside.items() if 0 < len(there) <= 2 * sum(there))

    def full(self, name: Name, here: Set[Name]) -> Name:
        """Return the full name for a surname: the article's own, or the only known one."""
        if not self.is_surname(name):
            return name
        longer = self._longer[name[0]]
        known = longer & here or longer
        if len(known) > 1 and not longer & here:
            return name
        return max(sorted(known), key=self._whole.__getitem__)

    def is_surname(self, name: Name) -> bool:
        """Return whether it is one word that is short for a longer name."""
        return len(name) == 1 and name[0] in self._surnames

    def good(self, name: Name) -> bool:
        """Return whether it is a complete name of something that can be asked about."""
        if len(name) > _LONGEST or not ROLES.isdisjoint(name) or self._is_source(name):
            return False
        if self._parts[name] >= self._whole[name] or all(word in self._small for word in name):
            return False
        if all(map(of_a_people, name)):
            return False
        return len(name) > 1 or self._good_word(name[0])

    def _good_word(self, word: str) -> bool:
        return not (
            len(word) < _SHORTEST
            or word in self._small
            or word in self._surnames
            or self._whole[word,] < _OWN * sum(self._whole[name] for name in self._longer[word])
            or (word,) in self._titled
            or {word, word.removesuffix("s")} & (_AGENCIES | _BELIEFS)
            or any((form,) in self._whole for form in _numbers(word))
        )

    def _is_source(self, name: Name) -> bool:
        return any(name == source[-len(name) :] for source in self._sources)


def _numbers(word: str) -> Iterator[str]:
    """Yield the singular or plural of a word: a DVD and DVDs are things, not names."""
    yield word + "s"
    if word.endswith("s"):
        yield word[:-1]


def _parts(name: Name) -> Iterator[Name]:
    for start in range(len(name)):
        for end in range(start + 1, len(name) + 1):
            if end - start < len(name):
                yield name[start:end]


def subjects(found: Sequence[Told], names: Names) -> list[Subject]:
    """Return the names that articles are about, those in most articles first."""
    known: dict[Name, Subject] = {}
    for place, each in enumerate(found):
        here = each.names
        held: dict[Name, set[int]] = defaultdict(set)
        forms: dict[Name, set[Name]] = defaultdict(set)
        for number, run in each.each():
            full = names.full(run.name, here)
            if names.good(full):
                held[full].add(number)
                forms[full] |= {run.name, full}
                subject = known.setdefault(full, Subject(full))
                if run.name == full:
                    subject.see(each.sentences[number], run)
        for full, numbers in held.items():
            known[full].held[place] = len(numbers)
            if len(numbers) >= SEVERAL and any(map(each.in_title, forms[full])):
                known[full].titled.append(place)
    about = (each for each in known.values() if each.titled and not _describes(each))
    return sorted(about, key=lambda each: each.rank)


def _describes(subject: Subject) -> bool:
    """Return whether a name is mostly a modifier or a plural: Tory leader, MPs."""
    if _SEVERAL_THINGS.fullmatch(subject.label):
        return True
    return len(subject.name) == 1 and subject.led_on[True] > subject.led_on[False]
