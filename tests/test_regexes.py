"""Every regular expression of the project takes time in proportion to the text that it reads."""

import ast
import importlib
import pkgutil
import re
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from re import _parser  # type: ignore[attr-defined]
from typing import Any

import pytest

import app
import rag
from rag.text import normalise

pytestmark = pytest.mark.slow  # 20 s
METHODS = frozenset("match fullmatch search findall finditer sub subn split".split())
LONGEST, LEAST = 20_000, 2_000  # characters; a shorter text may take as long as LEAST
SECONDS = 0.4  # for LONGEST; 2 s per 100,000
# Small steps first: what doubles with each character is noticed before it takes a year.
SIZES = (20, 26, 34, 44, 57, 200, 600, 1_800, 5_400, LONGEST)
LETTERS = "a \n1."  # what stands for a class of characters, tried in each rotation
# Patterns that read cleaned text, in which no two spaces or three line ends follow each other, or only
# the first characters of a line, name, title or question.
READ: dict[str, tuple[Callable[[str], str], int]] = {
    "rag.answering.question_form": (str, 2_000),
    "rag.check": (normalise, LONGEST),
    "rag.search": (normalise, LONGEST),
    "rag.suggestions": (normalise, LONGEST),
    "rag.summarizing.digest.headline": (normalise, 300),
    "rag.summarizing": (normalise, LONGEST),
    "rag.ingest.cleaning.author_names": (str, 400),
    "rag.ingest.cleaning.boilerplate": (str, 300),
    "rag.ingest.cleaning.metadata": (normalise, LONGEST),
}
MATCHED = ("_AFTER",)  # tables whose patterns are matched; those of others may be searched for
OURS = ("rag.evals", "rag.models", "rag.cli", "app.guard", "app.login")  # read no text of strangers
LITERAL = re.compile(r"[(,=!]\s*/([^/*\s](?:\\.|[^/\\\n])*)/[gimsuy]*[.,)]")  # in JavaScript
Pattern = re.Pattern[Any]


@cache
def known() -> dict[str, tuple[Pattern, frozenset[str]]]:
    """Each pattern by its place, with the methods that are called on it."""
    found: dict[str, tuple[Pattern, frozenset[str]]] = {}
    for package in (rag, app):
        for info in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            if info.name.startswith(OURS):
                continue
            module = importlib.import_module(info.name)
            tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
            calls = [
                node
                for node in ast.walk(tree)
                if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
            ]
            for name, value in vars(module).items():
                for place, pattern in enumerate(inside(value)):
                    found[f"{info.name}.{name}:{place}"] = pattern, called(calls, name)
            for call in calls:
                named = ast.unparse(call.func).removeprefix("re.")
                if named in METHODS and isinstance(call.args[0], ast.Constant):
                    pattern = re.compile(call.args[0].value, flags(call))
                    found[f"{info.name}:{call.lineno}"] = pattern, frozenset({named})
    return found | in_scripts()


def in_scripts() -> dict[str, tuple[Pattern, frozenset[str]]]:
    """The patterns of the page's scripts, which backtrack in a browser as they do here."""
    return {
        f"{path.name}:{place}": (re.compile(found[1]), frozenset({"search"}))
        for path in sorted(Path(app.__path__[0]).glob("*.js"))
        for place, found in enumerate(LITERAL.finditer(path.read_text(encoding="utf-8")))
    }


def inside(value: object) -> Iterator[Pattern]:
    if isinstance(value, re.Pattern):
        yield value
    elif isinstance(value, tuple | list):
        for each in value:
            yield from inside(each)
    elif isinstance(value, dict):
        yield from inside([*value, *value.values()])


def called(calls: list[ast.Call], name: str) -> frozenset[str]:
    """The methods of the pattern of this name; one in a table may be searched for."""
    functions = [call.func for call in calls if isinstance(call.func, ast.Attribute)]
    used = {func.attr for func in functions if ast.unparse(func.value) == name}
    return frozenset(used & METHODS) or frozenset({"match" if name in MATCHED else "search"})


def flags(call: ast.Call) -> int:
    values = [ast.unparse(each) for each in (*call.args[1:], *(k.value for k in call.keywords))]
    return sum(
        int(getattr(re, value[3:])) for value in values if re.fullmatch(r"re\.[A-Z]+", value)
    )


def example(nodes: Any, letters: str) -> str:
    """A short text that a part of a pattern matches, with these letters where it leaves a choice."""
    return "".join(_example(str(kind), value, letters) for kind, value in nodes)


def _example(kind: str, value: Any, letters: str) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "IN":
            one = re.compile(_class(value))
            return next((letter for letter in letters if one.fullmatch(letter)), _first(value))
        case "NOT_LITERAL" | "ANY":
            return letters[0]
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            return example(value[2], letters) * max(1, int(value[0]))
        case "SUBPATTERN":
            return example(value[3], letters)
        case "ATOMIC_GROUP":
            return example(value, letters)
        case "BRANCH":
            return example(value[1][0], letters)
    return ""  # what takes no place, and references


def _class(items: Any) -> str:
    names = {"CATEGORY_DIGIT": r"\d", "CATEGORY_SPACE": r"\s", "CATEGORY_WORD": r"\w"}
    names |= {"CATEGORY_NOT_DIGIT": r"\D", "CATEGORY_NOT_SPACE": r"\S", "CATEGORY_NOT_WORD": r"\W"}
    parts = []
    for kind, value in items:
        match str(kind):
            case "NEGATE":
                parts.append("^")
            case "LITERAL":
                parts.append(re.escape(chr(value)))
            case "RANGE":
                parts.append(f"{re.escape(chr(value[0]))}-{re.escape(chr(value[1]))}")
            case "CATEGORY":
                parts.append(names[str(value)])
    return f"[{''.join(parts)}]"


def _first(items: Any) -> str:
    kind, value = items[0]
    return (
        chr(value if str(kind) == "LITERAL" else value[0])
        if str(kind) in ("LITERAL", "RANGE")
        else "z"
    )


def pieces(nodes: Any, letters: str) -> Iterator[str]:
    """What begins each sequence of a pattern, and each thing that it repeats."""
    for end, (kind, value) in enumerate(nodes, start=1):
        yield example(nodes[:end], letters)
        match str(kind):
            case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
                yield from pieces(value[2], letters)
            case "SUBPATTERN":
                yield from pieces(value[3], letters)
            case "ATOMIC_GROUP":
                yield from pieces(value, letters)
            case "BRANCH":
                for branch in value[1]:
                    yield from pieces(branch, letters)
            case "ASSERT" | "ASSERT_NOT":
                yield from pieces(value[1], letters)


def hostile(pattern: Pattern) -> Iterator[tuple[str, str]]:
    """What may take a pattern long: a beginning of it, and what to repeat after that."""
    source = (
        pattern.pattern if isinstance(pattern.pattern, str) else pattern.pattern.decode("latin-1")
    )
    tree = list(_parser.parse(source, pattern.flags & ~re.UNICODE))
    for turn in range(len(LETTERS)):
        letters = LETTERS[turn:] + LETTERS[:turn]
        yield from (("", piece) for piece in pieces(tree, letters))
        yield from (
            (example(tree[:at], letters), example(tree[at : at + 1], letters))
            for at in range(len(tree))
        )


def seconds(pattern: Pattern, methods: frozenset[str], text: Any) -> float:
    if isinstance(pattern.pattern, bytes):
        text = text.encode("latin-1", "replace")
    start = time.process_time()
    for method in methods:
        found = (
            pattern.sub("", text) if method.startswith("sub") else getattr(pattern, method)(text)
        )
        deque(found if method == "finditer" else (), maxlen=0)
    return time.process_time() - start


def too_slow(place: str) -> str:
    pattern, methods = known()[place]
    read, longest = next(
        (how for name, how in READ.items() if place.startswith(name)), (str, LONGEST)
    )
    for before, piece in dict.fromkeys(hostile(pattern)):
        for size in SIZES if piece else ():
            text = read(before + piece * (min(size, longest) // len(piece) + 1)) + "¬"
            allowed = SECONDS * max(len(text), LEAST) / LONGEST
            # A second time, as the machine may have been busy.
            if all(seconds(pattern, methods, text) > allowed for _ in range(2)):
                return f"{len(text)} characters of {piece!r} after {before!r} take over {allowed} s"
    return ""


@pytest.mark.parametrize("place", known())
def test_hostile_text_takes_time_in_proportion_to_its_length(place: str) -> None:
    assert not too_slow(place)


@pytest.mark.parametrize(
    ("source", "noticed"), [(r"(?:a+)+b", True), (r"\s*x", True), (r"(?<!\s)\s*x", False)]
)
def test_what_doubles_or_squares_the_time_is_noticed(
    monkeypatch: pytest.MonkeyPatch, source: str, noticed: bool
) -> None:
    found = {"here": (re.compile(source), frozenset({"search"}))}
    monkeypatch.setattr(sys.modules[__name__], "known", lambda: found)
    assert bool(too_slow("here")) == noticed
