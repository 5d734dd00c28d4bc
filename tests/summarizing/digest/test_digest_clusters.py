"""Articles become stories: what belongs together, what counts once, and what comes first."""

import random
from dataclasses import replace
from datetime import date, timedelta

import pytest
from reports import CHEESE, FERRY, FERRY_TOO, MONDAY, TUESDAY, WEDNESDAY, report, vectors_of

from rag.summarizing.digest.cluster import Cluster, clusters, importance
from rag.summarizing.digest.copies import copies, originals, words_of
from rag.types import Article


def titles(cluster: Cluster) -> list[str]:
    return [article.title for article in cluster.articles]


def made(*articles: Article) -> tuple[Cluster, ...]:
    return clusters(articles, vectors_of(articles))


def test_articles_of_one_thing_are_one_story_and_others_are_not() -> None:
    found = made(
        report(FERRY, "Ferry closes", day=MONDAY),
        report(CHEESE, "Gold for a cheese", paper="Marwick Mail"),
        report(FERRY_TOO, "Harrow loses its ferry", paper="Pengarth Times"),
    )
    assert [titles(each) for each in found] == [
        ["Ferry closes", "Harrow loses its ferry"],
        ["Gold for a cheese"],
    ]


def test_the_articles_of_a_story_stand_oldest_first() -> None:
    (found,) = made(
        report(FERRY_TOO, "later", day=WEDNESDAY), report(FERRY, "sooner", paper="B", day=MONDAY)
    )
    assert titles(found) == ["sooner", "later"]
    assert found.newest == WEDNESDAY


def test_a_wire_copy_counts_once_whatever_its_title() -> None:
    first = report(FERRY, "Ferry closes", day=MONDAY)
    copy = report(FERRY.replace("old ferry", "ferry"), "Bye, ferry", paper="Wire", day=TUESDAY)
    (found,) = made(copy, first)
    assert titles(found) == ["Ferry closes"]
    assert [[each.title for each in same] for same in found.copies] == [["Bye, ferry"]]
    assert found.independent == 1


def test_a_copy_that_was_cut_short_is_one_still() -> None:
    long = " ".join(
        f"{FERRY_TOO} {FERRY} The inn at pier {n} serves soup to anglers." for n in (7, 8)
    )
    cut = long[: int(len(long) * 0.7)].rpartition(".")[0] + "."
    assert copies(words_of(report(long)), words_of(report(cut)))


def test_articles_of_one_mould_with_other_figures_are_no_copies() -> None:
    daily = (
        "The clinic of Harrow counted {} new cases and {} patients in its beds, the council said."
    )
    one, other = (words_of(report(daily.format(*n))) for n in ((120, 44), (171, 52)))
    assert not copies(one, other)
    assert copies(one, one)


BRIDGE = (
    "The bridge of Harrow cost 100 euros to build. Engineers from Oslo inspected it before the council"
    " opened it on Monday. Mayor Ida Fenn said that 300 people came."
)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Updated at 10.35.", "Updated at 18.05."),
        ("Updated at 10:35 a.m.", "Updated at 6 pm."),
        ("Updated at 10.35 on Monday.", "Updated at 18.05 on Monday."),
        ("Last changed 10.35 CET.", "Last changed 18.05 CET."),
        ("Call 555-1234 with tips.", "Call 555-9876 with tips."),
        ("Tips: +44 20 7946 0123.", "Tips: +44 20 7946 0987."),
        ("Tips: 800-555-0123.", "Tips: 800-555-0987."),
        ("Tips: 01632 960 123.", "Tips: 01632 960 987."),
        ("Ends0", "Ends4"),
    ],
)
def test_copies_that_differ_in_an_hour_a_telephone_number_or_a_code_are_copies(
    one: str, other: str
) -> None:
    for text in (FERRY_TOO.replace("4,000 ", "").replace("31 ", ""), BRIDGE):
        assert copies(words_of(report(f"{text} {one}")), words_of(report(f"{text} {other}")))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("412 cases", "388 cases"),
        ("10.35 euros", "18.05 euros"),
        ("at 10.35 percent", "at 18.05 percent"),
        ("3-1", "2-2"),
        ("10 west of 40", "12 west of 60"),
        ("155.1234", "151.4321"),
        ("1,200 in 2019-2020", "1,200 in 2020-2021"),
        ("2024-05-13", "2024-05-14"),
    ],
)
def test_texts_that_differ_in_one_figure_that_counts_are_no_copies(one: str, other: str) -> None:
    mould = "The clinic of Harrow put it at {} on Monday, the council of Pengarth said in the hall."
    assert not copies(*(words_of(report(mould.format(figure))) for figure in (one, other)))


def test_the_earliest_and_longest_of_copies_is_the_original() -> None:
    late = report(FERRY, "late", day=WEDNESDAY)
    undated = report(FERRY, "undated", day=None)
    soon = report(FERRY, "soon", day=MONDAY)
    articles = [undated, late, soon]
    (group,) = originals(articles, [words_of(each) for each in articles])
    assert [articles[place].title for place in group] == ["soon", "late", "undated"]


def test_what_more_papers_tell_comes_first() -> None:
    found = made(
        report(CHEESE, "cheese"),
        report(FERRY, "one", paper="A"),
        report(FERRY_TOO, "two", paper="B"),
    )
    assert len(found[0].articles) == 2


def test_a_second_article_of_a_paper_counts_half() -> None:
    one = Cluster((report(FERRY, paper="A"), report(FERRY_TOO, paper="A")), ((), ()))
    two = Cluster((report(FERRY, paper="A"), report(FERRY_TOO, paper="B")), ((), ()))
    assert (one.independent, two.independent) == (1.5, 2.0)
    assert importance(two, TUESDAY) > importance(one, TUESDAY)


def test_papers_without_a_name_are_papers_of_their_own() -> None:
    found = Cluster((report(FERRY, paper=""), report(FERRY_TOO, paper="")), ((), ()))
    assert found.independent == 2


def test_newer_comes_before_older() -> None:
    old = replace(report(FERRY, "old"), published=MONDAY - timedelta(days=60))
    found = made(old, report(CHEESE, "new"))
    assert [titles(each) for each in found] == [["new"], ["old"]]


def test_a_few_weeks_part_what_reads_alike() -> None:
    articles = [
        report(FERRY, "then", day=MONDAY - timedelta(days=300)),
        report(FERRY_TOO, "now", paper="B", day=MONDAY),
    ]
    near = made(articles[1], replace(articles[0], published=MONDAY))
    assert len(near) == 1
    far = made(*articles)
    assert len(far) >= len(near)


def test_articles_without_a_day_are_grouped_all_the_same() -> None:
    found = made(report(FERRY, day=None), report(FERRY_TOO, paper="B", day=None))
    assert [len(each.articles) for each in found] == [2]
    assert found[0].newest == date.min


@pytest.mark.parametrize("articles", [[], [report(FERRY, "alone")]], ids=["none", "one"])
def test_none_and_one(articles: list[Article]) -> None:
    assert [titles(each) for each in made(*articles)] == [[each.title] for each in articles]


def test_the_same_articles_give_the_same_stories_in_any_order() -> None:
    articles = [
        report(text, f"{text[:9]} {paper}", paper=paper, day=day)
        for text, paper, day in [
            (FERRY, "A", MONDAY),
            (FERRY_TOO, "B", TUESDAY),
            (CHEESE, "C", TUESDAY),
            (FERRY, "D", WEDNESDAY),
        ]
    ]
    wanted = {frozenset(titles(each)) for each in made(*articles)}
    for seed in range(4):
        mixed = random.Random(seed).sample(articles, len(articles))
        assert {frozenset(titles(each)) for each in made(*mixed)} == wanted


def test_every_article_is_in_one_story_or_a_copy_of_one_that_is() -> None:
    chance = random.Random(1)
    places = "Harrow Pengarth Marwick Stover Lindenau".split()

    def text() -> str:
        one, other = chance.sample(places, 2)
        return " ".join(
            f"The {chance.choice(['bridge', 'school', 'mill'])} of {one} cost {n} euros, said {other}."
            for n in chance.sample(range(1000, 9000), 5)
        )

    articles = [report(text(), f"title {n}", paper=f"paper {n % 9}") for n in range(60)]
    found = made(*articles, *articles[:3])
    parts = [each.id for story in found for each in story.articles]
    parts += [each.id for story in found for same in story.copies for each in same]
    assert sorted(parts) == sorted(each.id for each in (*articles, *articles[:3]))
