"""Cluster articles into stories by topic and date of publication."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from math import exp2, log1p

import numpy as np
import numpy.typing as npt

from rag.summarizing.digest.copies import Words, originals, words_of
from rag.types import Article

Vectors = npt.NDArray[np.float32]

_LEADING = 3  # leading chunks that represent an article
_MEANING, _NAMES = 0.5, 0.5  # weights of the vectors and of names with numbers in the similarity
_LIKE = 0.32  # minimum mean similarity of two groups that form one story
_A_DAY = 0.01  # similarity lost for each day between two articles, up to _MOST_DAYS
_MOST_DAYS = 14
_HALF_LIFE = 14.0  # days after which the novelty of a story is halved
_OLD = 0.25  # share of its weight that an old story retains


@dataclass(frozen=True, slots=True)
class Cluster:
    """Articles of one story, oldest first; ``copies[n]`` are near-duplicates of ``articles[n]``."""

    articles: tuple[Article, ...]
    copies: tuple[tuple[Article, ...], ...]

    @property
    def newest(self) -> date:
        """The latest day of publication; ``date.min`` if none is known."""
        return max((each.published for each in self.articles if each.published), default=date.min)

    @property
    def independent(self) -> float:
        """The number of independent articles; each further article of one paper counts half."""
        papers = Counter(each.publisher.casefold() or each.id for each in self.articles)
        return sum(1 + (count - 1) / 2 for count in papers.values())


def clusters(articles: Sequence[Article], vectors: Mapping[str, Vectors]) -> tuple[Cluster, ...]:
    """Group articles into stories, the most important first.

    Copies are merged beforehand and count once. Two groups of articles become one story while the
    mean similarity of their articles is high enough (average linkage, Sokal & Michener 1958), so a
    chain of neighbours cannot join unrelated articles.

    Args:
        articles: in any order.
        vectors: by article id, float32 (chunks, dimension), unit length, in text order.
    """
    if not articles:
        return ()
    words = [words_of(article) for article in articles]
    groups = originals(articles, words)
    first = [group[0] for group in groups]
    labels = _labels(_likeness([articles[n] for n in first], [words[n] for n in first], vectors))
    members: dict[int, list[list[int]]] = {}
    for label, group in zip(labels, groups, strict=True):
        members.setdefault(label, []).append(group)
    found = [_cluster(articles, own) for own in members.values()]
    newest = max((each.newest for each in found), default=date.min)
    # Ties are ordered by date, newest first, then by input order.
    return tuple(
        sorted(found, key=lambda each: (-importance(each, newest), -each.newest.toordinal()))
    )


def importance(cluster: Cluster, today: date) -> float:
    """Weigh the number of independent articles of a story by how new it is as of ``today``."""
    age = (today - cluster.newest).days
    return log1p(cluster.independent) * (_OLD + (1 - _OLD) * exp2(-age / _HALF_LIFE))


def _cluster(articles: Sequence[Article], groups: Sequence[Sequence[int]]) -> Cluster:
    ordered = [[articles[n] for n in group] for group in groups]
    ordered.sort(key=lambda group: (group[0].published or date.max, group[0].id))
    firsts, copies = (group[0] for group in ordered), (tuple(group[1:]) for group in ordered)
    return Cluster(tuple(firsts), tuple(copies))


def _likeness(
    articles: Sequence[Article], words: Sequence[Words], vectors: Mapping[str, Vectors]
) -> npt.NDArray[np.float64]:
    """Return the pairwise similarity of the articles, float64 (n, n), about 0 to 1."""
    meaning = _unit(np.stack([vectors[each.id][:_LEADING].mean(axis=0) for each in articles]))
    about = _unit(_names(words))
    like = _MEANING * (meaning @ meaning.T) + _NAMES * (about @ about.T)
    days = np.array([each.published.toordinal() if each.published else np.nan for each in articles])
    apart = np.abs(days[:, None] - days[None, :])
    return np.asarray(like - _A_DAY * np.minimum(np.nan_to_num(apart, nan=_MOST_DAYS), _MOST_DAYS))


def _names(words: Sequence[Words]) -> npt.NDArray[np.float64]:
    """Return vectors of the names and numbers of the articles, rarer ones weighted higher.

    A name that only one article has makes it less similar to all others.
    """
    held = [each.names | each.numbers for each in words]
    holders = Counter(name for names in held for name in names)
    place = {name: column for column, name in enumerate(sorted(holders))}
    table = np.zeros((len(held), len(place)), dtype=np.float32)
    for row, names in enumerate(held):
        for name in names:
            table[row, place[name]] = log1p(len(held) / holders[name])
    return np.asarray(table, dtype=np.float64)


def _unit(rows: npt.NDArray[np.float64] | Vectors) -> npt.NDArray[np.float64]:
    return np.asarray(rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12))


def _labels(like: npt.NDArray[np.float64]) -> list[int]:
    if len(like) < 2:
        return [0] * len(like)
    from scipy.cluster.hierarchy import fcluster, linkage
    from scipy.spatial.distance import squareform

    apart = np.maximum(0.0, 1 - (like + like.T) / 2)
    np.fill_diagonal(apart, 0.0)
    tree = linkage(squareform(apart, checks=False), method="average")
    return [int(label) for label in fcluster(tree, 1 - _LIKE, criterion="distance")]
