"""Names, numbers and words in forms that can be compared."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from rag.text.terms import (
    alike,
    containment,
    covers,
    plain,
    rarity,
    repeats,
    share,
    shared,
    stem,
    terms,
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("2.4 million", "2,400,000"),
        ("$3.2bn", "3.2 billion dollars"),
        ("three men", "3 men"),
        ("12.5%", "12.5 per cent"),
        ("1,234.5", "1234.50"),
        ("fifty thousand", "50k"),
        ("1.1 million", "1,100,000"),
    ],
)
def test_equal_numbers_are_equal(one: str, other: str) -> None:
    assert terms(one).numbers == terms(other).numbers != frozenset()


@pytest.mark.parametrize(
    ("text", "number"),
    [("2.4 million", "2400000"), ("2,400,000", "2400000"), ("twelve men", "12")],
)
def test_numbers_have_one_notation(text: str, number: str) -> None:
    assert terms(text).numbers == {number}


@pytest.mark.parametrize(
    ("one", "other"),
    [("2.4", "24"), ("2.4 million", "2.5 million"), ("12345678901", "12345678902"), ("3", "3bn")],
)
def test_other_numbers_are_not(one: str, other: str) -> None:
    assert not terms(one).numbers & terms(other).numbers


def test_the_scale_and_the_percent_sign_are_no_words_of_their_own() -> None:
    assert (
        terms("It rose 12.5% to $3.2bn.").stems
        == terms("It rose 12.5 per cent to 3.2 billion.").stems
    )


@pytest.mark.parametrize(
    "text", ["① first", "10 m² of ² and ³", "½ ¾ Ⅳ", "٣٤ men", "१२ men", "1.2.3", "9" * 400]
)
def test_odd_digits_are_read_without_fault(text: str) -> None:
    assert terms(text).tokens


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("They saw Zoë Kraków's dog.", {"zoe", "krakow"}),
        ("They saw Jean-Yves and Cédric's dog.", {"jean", "yves", "cedric"}),
        ("In the U.S. and the U.K. it rained.", {"us", "uk"}),
        ("They met Jean-Yves Le Drian.", {"jean", "yves", "le", "drian"}),
        ("The Mayor of Oslo spoke.", {"mayor", "oslo"}),
        ("Officials spoke.", set()),
        ("He asked us, and the BBC.", {"bbc"}),
    ],
)
def test_names_are_found_by_their_capitals(text: str, names: set[str]) -> None:
    assert terms(text).names == names


@pytest.mark.parametrize(
    ("text", "subject"),
    [
        ("Mr Antony Hale, 57, met Ida Fenn.", {"antony", "hale"}),
        ("In Oslo, Ida Fenn met Antony Hale.", {"ida", "fenn"}),
        ("On Friday, after the talks, he left Oslo.", set()),
        ("The Bank of Norway raised its rate.", {"bank", "norway"}),
        ("It snowed in Oslo.", set()),
    ],
)
def test_the_subject_is_what_a_sentence_opens_with(text: str, subject: set[str]) -> None:
    assert terms(text).subject == subject


@pytest.mark.parametrize(
    ("text", "head"),
    [
        ("Norwegian Prime Minister Ida Fenn, 57, spoke to Antony Hale.", "fenn"),
        ("Secretary of State Ida Fenn spoke.", "fenn"),
        ("Fenn spoke.", "fenn"),
        ("US officials spoke.", "us"),
        ("The German chancellor spoke.", ""),
        ("She met Antony Hale.", ""),
        ("", ""),
    ],
)
def test_the_head_is_the_last_name_of_the_opening_run(text: str, head: str) -> None:
    assert terms(text).head == head


def test_rare_words_weigh_more_and_a_share_is_between_nothing_and_all() -> None:
    texts = [frozenset({"a", "b"}), frozenset({"a"}), frozenset({"a", "c"})]
    weights = rarity("abz", texts)
    assert weights["a"] < weights["b"] < weights["z"]
    assert share("abz", weights) == 1
    assert share("", weights) == 0
    assert 0 < share("a", weights) < share("z", weights) < 1
    assert share("", rarity("", [])) == 0


def test_the_offsets_of_words_are_those_in_the_plain_text() -> None:
    text = plain("The U.S. rate rose 3% in May.")
    assert [text[token.start : token.end] for token in terms(text).tokens] == [
        *("The", "US", "rate", "rose", "3", "percent", "in", "May"),
    ]
    assert plain(text) == text


def test_stems_are_the_same_when_many_threads_ask() -> None:
    """The stemmer keeps the word at work in itself, so two threads must not share one."""
    endings = ("ational", "izations", "fulness", "ingly", "ed", "ousness", "ability", "s")
    words = [f"{chr(97 + n % 26)}{chr(97 + n % 7)}rn{end}" for n in range(60) for end in endings]
    wanted = [stem.__wrapped__(word) for word in words]
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as pool:
            found = list(pool.map(lambda _: [stem.__wrapped__(word) for word in words], range(8)))
    finally:
        sys.setswitchinterval(before)
    assert all(each == wanted for each in found)


def test_what_two_texts_share() -> None:
    long = "The council of Harrow closed the old ferry to Pengarth."
    short = "The old ferry was closed."
    assert containment(short, long) == 1.0
    assert containment(long, short) < 0.6
    assert shared(short, long) == shared(long, short) == 1.0
    assert containment("", long) == shared("", "") == 0.0
    assert repeats(long, long.replace("closed", "has closed"))
    assert not repeats(long, short)
    assert not repeats(f"{long} 900 came.", f"{long} 1,270 came.")  # another figure is news
    assert alike(frozenset("ab"), frozenset("bc")) == 1 / 3
    assert alike(frozenset(), frozenset()) == 0.0


def test_a_claim_that_shares_a_word_or_two_does_not_tell_a_sentence() -> None:
    long = "The council of Harrow closed the old ferry to Pengarth after a storm."
    assert covers("Harrow closed the old ferry.", long)
    assert not covers("The ferry left.", long)
