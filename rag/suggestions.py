"""Starter questions about names in the news, for a reader who does not know the articles yet."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain, islice

from rag.text import sentences
from rag.text.terms import DAYS, MONTHS, STOPWORDS, plain
from rag.types import Article

_READ, _LONG = 15, 1000  # leading sentences read of an article; maximum characters of one
_LONGEST = 120  # characters of a question
_WORD = r"(?=[^\W\d_a-zß-öø-ÿ])\w(?:\w|['’](?=[^\W\d_a-zß-öø-ÿ]))*"
# Joined by "of", "for" and "and": the Bank of England is neither a bank nor England.
_NAME = re.compile(rf"(?<![\w'’-]){_WORD}(?:(?:[ -]| & | (?:of|for|and) (?:the )?){_WORD})*")
_BEFORE = re.compile(r"(?P<a>\ban? )?(?P<in>\bin )?(?P<the>\bthe )?\Z", re.I)
_AFTER = re.compile(r"['’]s?(?!\w)|[^\w\s-]|\Z| (?P<word>\w+)")
_OPENERS = frozenset(word.capitalize() for word in STOPWORDS)
_NO_NAMES = DAYS | frozenset((*MONTHS, "christmas", "easter", "reuters", "afp", "tv", "pc", "dvd"))


def suggest(articles: Sequence[Article], count: int = 4) -> tuple[str, ...]:
    """Return at most ``count`` questions, each about a name in the title of another article.

    At least two sentences of the article have the name too. Names in most titles come first.
    Articles known not to be in English are skipped.
    """
    uses: dict[str, Counter[str]] = defaultdict(Counter)
    about: dict[str, list[int]] = defaultdict(list)  # articles with the name in their title
    common: set[str] = set()  # words that are also written in lower case
    for place, article in enumerate(each for each in articles if each.language in {"", "en"}):
        text, title = plain(article.text[: _READ * _LONG]), plain(article.title[:_LONG])
        common.update(word for word in re.findall(r"\w+", text) if word.islower())
        spans = islice(sentences(text), _READ)
        found = [list(_names(text[start:end][:_LONG])) for start, end in spans]
        for name, kinds in chain.from_iterable(found):
            uses[name].update(kinds)
        sources = " ".join((article.publisher, *article.authors))
        for name, held in Counter(name for each in found for name in dict(each)).items():
            if held > 1 and re.search(rf"\b{re.escape(name)}\b", title) and name not in sources:
                about[name].append(place)
    questions: list[str] = []
    asked: set[int] = set()
    for name in sorted(about, key=lambda name: (-len(about[name]), about[name], name)):
        question = "" if common.issuperset(name.lower().split()) else _question(name, uses[name])
        if question and asked.isdisjoint(about[name]):
            questions.append(question)
            asked.update(about[name])
    return tuple(questions[:count])


def _names(sentence: str) -> Iterator[tuple[str, set[str]]]:
    """Yield each name of a sentence with the kinds of its use there."""
    for found in _NAME.finditer(sentence):
        name = found.group()
        while name.partition(" ")[0] in _OPENERS:
            name = name.partition(" ")[2]
        if name and _NO_NAMES.isdisjoint(name.lower().split()):
            kinds = {"all", "inside" if found.start() else "opening"}
            after = _AFTER.match(sentence, found.end())
            word = after["word"] if after else "-"
            if word is None or word in STOPWORDS or word.endswith("ed"):  # unlike in Tory leader
                kinds |= {"alone", "said" if word == "said" and not found.start() else "all"}
                if before := _BEFORE.search(sentence[: found.end() - len(name)]):
                    kinds |= {kind for kind, words in before.groupdict().items() if words}
            yield name, kinds


def _question(name: str, uses: Counter[str]) -> str:
    """Return what somebody said or the news from a place, or nothing.

    Asked what is known about a name, a small model says what it knows, not what the articles say.
    """
    alone = uses["alone"]
    if 2 * alone < uses["all"] or not uses["inside"] or uses["a"] or re.fullmatch("[A-Z]+s", name):
        return ""
    label = f"the {name}" if 2 * uses["the"] > alone else name
    question = ""
    if uses["said"]:
        question = f"What did {label} say?"
    elif uses["in"] > 1 and 2 * uses["in"] > alone:
        question = f"What is the news from {label}?"
    return question if len(question) <= _LONGEST else ""
