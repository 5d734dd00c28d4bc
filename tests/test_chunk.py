"""Chunks are whole sentences of the text, all of it, in order."""

import random
import time
from itertools import pairwise

import pytest

from rag.index.chunking import chunk, embedding_text
from rag.types import Article

WORDS = (
    "harbour mayor said £2.3m, on Monday. Why? yes! U.S. officials (twelve) 记者 3.5 "
    "https://a.example/x"
).split()


def made(dice: random.Random) -> str:
    return "".join(
        dice.choice(WORDS) + dice.choice([" ", " ", " ", " ", "\n\n", "  ", ". "])
        for _ in range(dice.randint(0, 400))
    )


@pytest.mark.parametrize("seed", range(15))
def test_chunks_cover_the_text_exactly(seed: int) -> None:
    dice = random.Random(seed)
    article = Article("id", "", "T", made(dice))
    words = dice.choice([1, 7, 40, 120])
    cut = chunk(article, words=words)
    assert all(article.text[part.start : part.end] == part.text for part in cut)
    assert [part.order for part in cut] == list(range(len(cut)))
    assert all(one.end <= two.start for one, two in pairwise(cut))
    assert "".join("".join(part.text.split()) for part in cut) == "".join(article.text.split())
    assert all(len(part.text.split()) <= words for part in cut)


def test_chunks_are_of_like_length() -> None:
    text = " ".join(f"Sentence {n} has six words." for n in range(50))
    sizes = [len(part.text.split()) for part in chunk(Article("id", "", "T", text), words=120)]
    assert max(sizes) - min(sizes) <= 10


def test_one_long_sentence_leaves_the_chunks_full() -> None:
    plain = "The minister said that the new bridge across the river would open in May. " * 60
    text = plain + "Residents " + "waited and " * 62 + "left."
    sizes = [len(part.text.split()) for part in chunk(Article("id", "", "T", text))]
    assert sum(sizes) / len(sizes) > 90  # 64 where the others shrink with it


def test_many_long_sentences_take_time_in_proportion() -> None:
    text = "Residents waited. " + ("Residents " + "waited and " * 34 + "left. ") * 20_000
    start = time.process_time()
    assert len(chunk(Article("id", "", "T", text))) == 20_000
    assert time.process_time() - start < 10  # 2 s; where it is quadratic, 70 s


def test_scripts_without_spaces_and_endless_words_are_cut() -> None:
    text = "记者获悉" * 300 + "x" * 9000
    assert all(len(part.text) <= 5000 for part in chunk(Article("id", "", "T", text)))


def test_what_is_embedded_names_title_publisher_and_day() -> None:
    article = Article("id", "", "Title", "Some text here.", "Echo")
    assert embedding_text(chunk(article)[0], article) == "Title\nEcho\nSome text here."


def test_no_text_no_chunk_and_no_nonsense() -> None:
    assert chunk(Article("id", "", "T", " \n\n ")) == ()
    with pytest.raises(ValueError, match="at least 1"):
        chunk(Article("id", "", "T", "x"), words=0)


def test_many_uneven_sentences_take_time_in_proportion() -> None:
    dice = random.Random(1)
    text = " ".join(f"They {'went and ' * dice.randrange(15, 59)}left." for _ in range(30_000))
    start = time.process_time()
    assert len(chunk(Article("id", "", "T", text))) > 10_000
    assert time.process_time() - start < 12  # 2 s; where a tenth more chunks are tried, 22 s
