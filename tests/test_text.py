"""Sentences end where readers end them, text is cleaned of the unseen, and hostile text is quick."""

import random
import re
import subprocess
import sys
import time
import unicodedata
from collections.abc import Callable
from datetime import date, timedelta

import pytest

from rag.text import content_id, normalise, paragraphs, sentences, typed_date, words, written_date
from rag.text.citations import split_claims
from rag.text.terms import terms


def cut(text: str) -> list[str]:
    return [text[start:end] for start, end in sentences(text)]


@pytest.mark.parametrize(
    "expected",
    [
        ["Dr. Lee and Mr. Poe met Sen. Fox.", "They left."],
        ["J. K. Frost and George W. Hale wrote it.", "It sold well."],
        ["It rose 3.5 per cent to $1.2 billion.", "Nobody knew why."],
        ["It ended at 5 p.m. Monday in the U.S. Senate.", "Nobody spoke."],
        ["She lives in the U.S.", "The law changed there."],
        ["The hall closed at 5 p.m.", "He stayed."],
        ["He joined Acme Inc. Chief Jo Pell left.", "That was all."],
        ["No. 10 denied it.", "She said no.", "He said yes."],
        ["It is due on Jan. 5 and Feb. 12.", "It was late."],
        ['"Why?" he asked.', '"Because," she said.'],
        ["“It is over.”", "She left the room."],
        ["He said: 'Yes.'", "(It was late.)", "All left!", "Really?!"],
        ["He waited… and waited...", "Then he left."],
        ["Mr. Smith met U.S. Secretary J. Blinken on Jan. 5.", "It cost 3.5 million."],
        ['"Why?" he asked.', '"Go," she said.'],
        ["The court reversed Roe v. Wade on Friday.", "Brown v. Board stood."],
        ["D.C. Mayor Ida Fenn spoke.", "She was born in L.A.", "The city had changed."],
        ["Ann Poe, Ph.D. and dean, met Reno, Nev. Mayor Al Poe.", "It rained."],
        ["It rose by 3.5.", "Nobody knew why."],
        ["It was Article 5.", "V. S. Naipaul said so."],
        ["今日は雨です。", "本当ですか？", "はい！"],
        ["他说。", "她也说。"],
        ["「今日は雨です。」", "「そうか！」", "彼は去った。"],
    ],
)
def test_sentences_end_where_readers_end_them(expected: list[str]) -> None:
    between = "" if expected[0][-1] in "。」" else " "
    assert cut(between.join(expected)) == expected


def test_a_closing_bracket_stays_with_its_sentence_before_a_space() -> None:
    assert cut("「今日は雨です。」 はい。") == ["「今日は雨です。」", "はい。"]


@pytest.mark.parametrize(
    "mark", ["(CNN) ", "(CNN)", "(AP) — ", "(Reuters) - ", "(CNN Business) ", "(AFP) – ", "— "]
)
def test_the_mark_of_an_agency_is_no_part_of_the_sentence(mark: str) -> None:
    assert cut(f"{mark}The court ruled on Friday. It (CNN) ended.") == [
        "The court ruled on Friday.",
        "It (CNN) ended.",
    ]


@pytest.mark.parametrize(
    "text", ["(CNN)", "(It was late.)", "(UN) troops left.", "(A) Vote for it."]
)
def test_other_brackets_stay(text: str) -> None:
    assert cut(text) == [text]


def test_no_sentence_crosses_a_paragraph() -> None:
    assert cut("A headline\n\nThe first, U.S.\n \nthe second. \n\n\n") == [
        "A headline",
        "The first, U.S.",
        "the second.",
    ]
    assert cut("One line\nand its next.") == ["One line\nand its next."]
    assert cut("First paragraph without a stop\n\nSecond one") == [
        "First paragraph without a stop",
        "Second one",
    ]
    assert cut(" \n\n\t ") == cut("") == []


def test_one_endless_paragraph_takes_no_endless_time() -> None:
    assert len(cut("One more sentence stands here. " * 20_000)) == 20_000


@pytest.mark.parametrize("seed", range(20))
def test_sentences_leave_nothing_out_but_space(seed: int) -> None:
    dice = random.Random(seed)
    pieces = 'Mr. |U.S. |The |ran. |a|.|。|」|?|"|\n|\n\n| |9'.split("|")
    text = "".join(dice.choice(pieces) for _ in range(dice.randint(0, 120)))
    spans = list(sentences(text))
    assert "".join("".join(text[a:b].split()) for a, b in spans) == "".join(text.split())
    assert all(text[a:b] == text[a:b].strip() != "" for a, b in spans)
    borders = list(paragraphs(text))
    assert all(any(a <= c and d <= b for a, b in borders) for c, d in spans)


UNSEEN = "\u00ad\u061c\u180e\u200b\u200d\u200e\u202a\u202e\u2060\u2066\u2069\ufeff\ufffb\U000e0041"


@pytest.mark.parametrize("letter", [*UNSEEN, *map(chr, (0, 0x1B, 0x9F, 0xD800, 0xDFFF))])
def test_what_cannot_be_seen_is_taken_out(letter: str) -> None:
    assert normalise(f"ab{letter}cd") == "abcd"


def test_normalising_cleans_space_and_what_cannot_be_seen_at_once() -> None:
    assert normalise("a\u200b\x1b[31m  b\r\n\r\n\r\nc\u202e") == "a[31m b\n\nc"


def test_a_lone_surrogate_does_not_stop_an_article_from_being_hashed() -> None:
    assert len(content_id(normalise("T\ud83d"), normalise("a\udc00b"))) == 16


@pytest.mark.parametrize("seed", range(20))
def test_normal_text_stays_as_it_is(seed: int) -> None:
    dice = random.Random(seed)
    letters = "ae\u0301\u030a\u200b\n\r\t \u00a0\u2028\x85\u3000\x0b\x0cÅé\x07\u202e"
    text = normalise("".join(dice.choice(letters) for _ in range(60)))
    assert normalise(text) == text == unicodedata.normalize("NFC", text)
    assert not set(text) & set("\r\t\u200b\u202e\x07\u00a0\u2028")
    assert "\n\n\n" not in text
    assert "  " not in text


def test_days_are_english_whatever_the_locale() -> None:
    code = (
        "import locale\n"
        "from datetime import date\n"
        "from rag.text import written_date\n"
        "for name in ('de_DE.UTF-8', 'fr_FR.UTF-8', 'C.UTF-8', ''):\n"
        "    try: locale.setlocale(locale.LC_ALL, name)\n"
        "    except locale.Error: pass\n"
        "    print(written_date(date(2022, 3, 1)))\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert set(done.stdout.splitlines()) == {"Tuesday 1 March 2022"}
    # The C locale, in which the tests run, is English, so strftime is an oracle here.
    days = (date(2019, 12, 28) + timedelta(days=n) for n in range(400))
    assert all(written_date(day) == f"{day:%A} {day.day} {day:%B %Y}" for day in days)


def test_a_day_is_written_in_words_and_no_day_in_none() -> None:
    assert written_date(date(2022, 1, 19)) == "Wednesday 19 January 2022"
    assert written_date(None) == ""


def test_words_keep_their_inner_marks() -> None:
    assert words("It's 3.5, isn't it? U.S. 記者") == ["It's", "3.5", "isn't", "it", "U.S", "記者"]


def test_a_line_of_ten_megabytes_with_marks_of_every_kind_is_cleaned() -> None:
    text = normalise("שלום \u202eevil e\u0301 \ud800\0 The ferry sails. " * 230_000)
    assert len(text) > 6_000_000
    assert not set(text) & set("\u202e\u0301\ud800\0")


MANY = 20_000
HOSTILE = {
    "points": "." * MANY + "x",
    "points and quotes": '."' * MANY + "x",
    "full stops": "。" * MANY + "x",
    "initials": "A. " * MANY,
    "states": "U.S. " * MANY,
    "spaces": " " * MANY + "x",
    "lines": "\n " * MANY + "x",
    "brackets": "[ " * MANY,
    "tags": "<source " * MANY,
    "one word": "a'" * MANY,
    "digits": "1" * MANY,
}


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize(
    "read",
    [normalise, lambda text: list(sentences(text)), terms, lambda text: list(split_claims(text))],
    ids=["normalise", "sentences", "terms", "claims"],
)
def test_hostile_text_takes_no_longer_than_its_length(
    read: Callable[[str], object], text: str
) -> None:
    start = time.process_time()
    read(text)
    assert time.process_time() - start < 2  # 0.5 s at most; where it is quadratic, 2 to 25 s


@pytest.mark.parametrize(
    "typed",
    (
        "2022-01-26|20220126|26/01/2022|01/26/2022|26.1.2022|26-01-2022|26 Jan 2022"
        "|26. January 2022|Jan. 26, 2022|January 26 2022| 2022-01-26 "
    ).split("|"),
)
def test_days_are_read_as_people_type_them(typed: str) -> None:
    assert typed_date(typed) == date(2022, 1, 26)


@pytest.mark.parametrize(
    ("typed", "reason"),
    [
        ("3/4/2022", "'3/4/2022' may be 3 April or 4 March. Use YYYY-MM-DD."),
        ("yesterday", "'yesterday' is not a valid date. Use YYYY-MM-DD."),
        ("31/02/2022", "not a valid date"),
        ("13/13/2022", "not a valid date"),
        ("26 Janvier 2022", "not a valid date"),
        ("26 Jan 26 2022", "not a valid date"),
        ("2022", "not a valid date"),
    ],
)
def test_a_day_that_is_none_or_may_be_two_is_refused(typed: str, reason: str) -> None:
    with pytest.raises(ValueError, match=re.escape(reason)):
        typed_date(typed)


def test_a_day_that_is_the_same_either_way_is_read() -> None:
    assert typed_date("4/4/2022") == date(2022, 4, 4)
    assert typed_date("3.4.2022") == date(2022, 4, 3)
