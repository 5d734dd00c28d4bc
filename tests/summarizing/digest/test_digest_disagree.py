"""Where articles disagree, and above all what must not count as that."""

from datetime import date

import pytest
from checking import checker
from reports import MONDAY, TUESDAY, WEDNESDAY, report

from rag.summarizing.digest.denials import denials
from rag.summarizing.digest.disagree import Pair, contradictions
from rag.summarizing.digest.reading import read
from rag.types import Article

TROOPS = "About 100,000 Russian troops are now close to Ukraine's borders, the alliance said."
MORE = "Ukraine's ministry says that Russia has gathered 127,000 troops near its borders."


def found(*articles: Article) -> tuple[Pair, ...]:
    return contradictions(map(read, articles))


def pairs(*articles: Article) -> list[tuple[str, str, bool]]:
    return [
        (pair.one.figure.words, pair.other.figure.words, pair.at_once) for pair in found(*articles)
    ]


def two(
    one: str, other: str, *, later: date = TUESDAY, paper: str = "B"
) -> list[tuple[str, str, bool]]:
    return pairs(report(one, paper="A", day=TUESDAY), report(other, paper=paper, day=later))


def test_different_figures_of_one_day_are_a_disagreement() -> None:
    assert two(TROOPS, MORE) == [("100,000 Russian troops", "127,000 troops", True)]


def test_the_quotes_stand_in_their_articles() -> None:
    articles = report(TROOPS, paper="A"), report(f"It snowed.\n\n{MORE}", paper="B")
    (pair,) = found(*articles)
    facts = {fact.article.id: fact for fact in (pair.one, pair.other)}
    for article, wanted in zip(articles, (TROOPS, MORE), strict=True):
        statement = facts[article.id].statement
        assert article.text[statement.start : statement.end] == wanted


def test_a_later_figure_is_a_change() -> None:
    assert two(TROOPS, MORE, later=WEDNESDAY) == [
        ("100,000 Russian troops", "127,000 troops", False)
    ]


def test_a_change_has_the_earlier_day_first() -> None:
    later, sooner = report(MORE, paper="B", day=WEDNESDAY), report(TROOPS, paper="A", day=MONDAY)
    (pair,) = found(later, sooner)
    assert (pair.one.day, pair.other.day) == (MONDAY, WEDNESDAY)


def test_how_long_a_meeting_took_that_is_told_days_later() -> None:
    one = (
        "Antony Blinken and Sergei Lavrov met in Geneva, in a hotel by the lake."
        " Their conversation lasted 90 minutes."
    )
    other = "Diplomacy has not stopped. Blinken and Sergei Lavrov met in Geneva on Tuesday for two hours."
    assert two(one, other, later=WEDNESDAY) == [("90 minutes", "two hours", True)]


def test_a_count_of_people_needs_the_same_deed() -> None:
    blast = "The blast in the mill of Harrow killed 12 people in Stover Street."
    assert two(blast, blast.replace("12", "17")) == [("12 people", "17 people", True)]
    died = "Officials in Harrow say that 17 people died in the blast at the mill."
    assert two(blast, died) == [("12 people", "17 people", True)]
    hurt = "The blast in the mill of Harrow left 40 people of Stover Street homeless."
    assert two(blast, hurt) == []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        pytest.param(TROOPS, TROOPS.replace("100,000", "106,000"), id="about is about"),
        pytest.param(TROOPS.replace("About", "More than"), MORE, id="more than is more"),
        pytest.param(MORE, MORE.replace("127,000", "127,300"), id="rounded"),
        pytest.param(
            TROOPS,
            "The Pentagon put up to 8,500 troops in Ohio on alert, ready for Poland.",
            id="other troops",
        ),
        pytest.param(
            "The fire in Harrow destroyed 12 houses near the mill.",
            "The fire in Pengarth destroyed 17 houses near the mill.",
            id="other places",
        ),
        pytest.param(
            "The fire in Harrow destroyed 12 houses near the old mill.",
            "The fire in Harrow has destroyed 90 houses near the old mill since May.",
            id="another span of time",
        ),
        pytest.param(
            "The fire in Harrow destroyed 12 houses near the old mill.",
            "The fire in Harrow destroyed another 17 houses near the old mill.",
            id="further ones",
        ),
        pytest.param(TROOPS, f"{MORE} Others count 100,000 troops at Ukraine's borders.", id="knows both"),
        pytest.param(
            TROOPS,
            f"{MORE} It was between 100,000 troops and 127,000 troops, they hear.",
            id="knows both in one sentence",
        ),
        pytest.param(
            "The tax in Harrow is 18 cents for gas and 24 cents for diesel.",
            "The tax in Harrow is 18.4 cents for gas and 24.4 cents for diesel.",
            id="two figures of a kind",
        ),
        pytest.param(
            "The storm was 105 miles off Harrow as of 11 p.m., moving north.",
            "The storm was 150 miles off Harrow as of 5 p.m., moving north.",
            id="by the hour",
        ),
        pytest.param(
            "In 2017 the mill of Harrow paid the council 750 euros in taxes.",
            "The mill of Harrow paid the council 900 euros in taxes that year.",
            id="other years",
        ),
        pytest.param(
            "Harrow beat Pengarth by 3 goals in the cup.", "Marwick beat Stover by 5 goals in the cup.",
            id="other clubs",
        ),
        pytest.param(
            "Blinken and Lavrov spoke by telephone for 20 minutes.",
            "Blinken and Lavrov met and talked for two hours.",
            id="a call and a meeting",
        ),
        pytest.param(
            "The road from Harrow takes 20 minutes by bus, says Ida Fenn.",
            "The road from Harrow takes two hours on foot, says Ida Fenn.",
            id="lengths of time that are no meeting's",
        ),
        pytest.param("They saw 12 houses.", "They saw 17 houses.", id="nothing that tells which"),
        pytest.param("", "", id="no text"),
    ],
)  # fmt: skip
def test_no_disagreement(one: str, other: str) -> None:
    assert two(one, other) == []


def test_an_article_does_not_disagree_with_itself_nor_a_paper_with_itself() -> None:
    assert pairs(report(f"{TROOPS} {MORE}")) == []
    assert two(TROOPS, MORE, paper="A") == []


def test_without_days_nothing_is_said() -> None:
    assert pairs(report(TROOPS, paper="A", day=None), report(MORE, paper="B", day=None)) == []
    assert pairs(report(TROOPS, paper="A", day=None), report(MORE, paper="B")) == []


def test_each_sentence_disagrees_once() -> None:
    other = "Ukraine's ministry says Russia keeps 190,000 troops near its borders."
    assert len(found(*(report(text, paper=text[:9]) for text in (TROOPS, MORE, other)))) == 1


def test_the_sample_news_disagrees_where_its_readme_says() -> None:
    from rag import samples
    from rag.ingest.cleaning import extract
    from rag.ingest.sources import fetch
    from rag.types import Page

    pages = [page for page in fetch([str(samples.folder())]) if isinstance(page, Page)]
    told = found(*(extract(page) for page in pages))
    assert {pair.one.figure.words for pair in told if pair.at_once} == {
        "100,000 Russian troops",
        "90 minutes",
    }


# Denials

CLOSED = "The council of Harrow closed the old ferry to Pengarth after the storm."
OPEN = "The council of Harrow has not closed the old ferry to Pengarth after the storm."


def denied(one: str, other: str, *, later: date = TUESDAY, paper: str = "B") -> int:
    articles = report(one, paper="A", day=TUESDAY), report(other, paper=paper, day=later)
    return len(list(denials([*map(read, articles)], checker())))


def test_the_same_with_a_not_is_a_denial_whoever_comes_first() -> None:
    assert denied(CLOSED, OPEN) == 1
    assert denied(OPEN, CLOSED) == 1
    articles = report(CLOSED, paper="A"), report(f"Fog fell. {OPEN}", paper="B")
    ((one, other),) = denials([*map(read, articles)], checker())
    assert one.article.text[one.start : one.end] == CLOSED
    assert other.article.text[other.start : other.end] == OPEN


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (CLOSED, CLOSED),
        (OPEN, OPEN),
        (CLOSED, f"Ida Fenn said that {OPEN[0].lower()}{OPEN[1:]}"),
        (CLOSED, OPEN.replace("has not", "might not have")),
        (CLOSED, OPEN.replace("Pengarth", "Marwick")),
        (CLOSED, OPEN.replace("the storm", "12 storms")),
        (CLOSED, OPEN.replace("not closed", "not yet closed")),
        (CLOSED, OPEN.replace("not closed the old ferry", "sold the old ferry, not the inn,")),
        (CLOSED, "The council of Harrow has not met."),
        ("The mill did not open.", "The mill opened."),
    ],
)
def test_no_denial(one: str, other: str) -> None:
    assert denied(one, other) == 0
    assert denied(other, one) == 0


def test_a_denial_of_another_day_or_of_the_same_paper_is_none() -> None:
    assert denied(CLOSED, OPEN, later=WEDNESDAY) == 0
    assert denied(CLOSED, OPEN, paper="A") == 0
