"""The score of a claim: one that is cut from its source is likely true, one with a change is less so."""

import time

import pytest

from rag.terms import terms
from rag.text import content_id
from rag.types import Article
from rag.verify.roles import swapped
from rag.verify.score import features_of, probability, weights
from rag.verify.source import as_words, source_of

TEXT = (
    "The council of Brome sued Norwick over the harbour on Monday. Captain Lind said the old crane "
    "was not safe, and 40 dockers went home. A ship with timber waited for two days outside the bar."
)


@pytest.fixture
def article() -> Article:
    return Article(content_id("Harbour", TEXT), "https://a.example/1", "Harbour", TEXT)


def likely(article: Article, claim: str) -> float:
    return probability(claim, article, (TEXT,))


def test_what_stands_there_word_for_word_is_certain(article: Article) -> None:
    assert likely(article, "The council of Brome sued Norwick over the harbour on Monday.") == 1.0
    assert likely(article, "40 dockers went home") == 1.0


def test_what_is_cut_out_of_the_middle_stays_likely(article: Article) -> None:
    assert likely(article, "The council of Brome sued Norwick on Monday.") > 0.8


@pytest.mark.parametrize(
    "changed",
    [
        "Captain Lind said the old crane was not safe, and 90 dockers went home.",
        "Captain Lind did not say the old crane was unsafe on a quiet day.",
        "Swans nested under the bridge in the spring of the war.",
    ],
)
def test_a_change_makes_it_less_likely_than_the_sentence_that_it_changes(
    article: Article, changed: str
) -> None:
    whole = "Captain Lind said the old crane was not safe, and 40 dockers went home."
    assert likely(article, changed) < 0.6 < likely(article, whole)


def test_every_weight_belongs_to_a_feature(article: Article) -> None:
    assert set(weights().weights) == set(features_of("A crane fell.", article, (TEXT,)))


def test_a_claim_without_words_has_no_features(article: Article) -> None:
    assert features_of("!!!", article, (TEXT,)) == {}
    assert likely(article, "!!!") == 0.0


def test_a_sentence_of_thousands_of_names_is_looked_at_once() -> None:
    text = "Norwick sued Brome " * 4000
    source = source_of(Article(content_id("", text), "https://a.example/2", "", text), (text,))
    claim, written = terms(text), as_words(text)
    start = time.process_time()
    assert not swapped(claim, written, source)
    assert time.process_time() - start < 10  # 0.1 s; where every pair is looked at, hours


@pytest.mark.parametrize(
    ("claim", "turned"),
    [
        ("On Monday Norwick sued Brome.", True),
        ("On Monday Brome sued Norwick.", False),
        ("On Monday Norwick was sued by Brome.", False),
        ("On Monday Norwick met Brome.", False),
    ],
)
def test_two_names_the_other_way_round_are_seen(
    article: Article, claim: str, *, turned: bool
) -> None:
    assert swapped(terms(claim), as_words(claim), source_of(article, (TEXT,))) is turned
