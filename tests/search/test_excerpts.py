"""Sentences for a prompt: those that may answer, whole lists, and nothing twice."""

from dataclasses import replace
from datetime import date

from rag.index.chunking import chunk
from rag.search import excerpts
from rag.text import sentences
from rag.types import Article, Passage

FERRY = Article(
    "ferry",
    "https://a.example/ferry",
    "Pengarth ferry runs again",
    "The Pengarth ferry sailed on Monday for the first time since the storm of March. "
    "Captain Nora Pell steered it across the sound in calm weather. "
    "The council had paid 340,000 euros for the repairs of its hull and its two engines. "
    "Passengers waved flags on the quay. "
    "Pell will meet the harbour master Ivo Strand in Pengarth on Friday. "
    "She will also meet the minister of transport, Greta Holm. "
    "A brass band played. The bakery on the quay sold out of buns before noon.",
    "Echo",
    (),
    date(2024, 5, 7),
)
COPY = Article("copy", "https://b.example/ferry", "Ferry", FERRY.text, "Copyist")
OTHER = Article(
    "other",
    "https://c.example/fish",
    "Fish market of Pengarth grows",
    "The fish market of Pengarth sold 12 tonnes of cod in April. Traders want a bigger hall.",
    "Echo",
)


def found(*articles: Article, words: int = 40) -> list[Passage]:
    cut = [(part, article) for article in articles for part in chunk(article, words=words)]
    return [Passage(n, part, article, 1 / n) for n, (part, article) in enumerate(cut, start=1)]


def test_the_sentence_that_has_what_is_asked_for_comes_first() -> None:
    for question, words in {
        "Who steered the Pengarth ferry?": "Nora Pell",
        "How much were the repairs of the ferry?": "340,000",
        "When did the Pengarth ferry sail?": "Monday",
        "How many tonnes of cod were sold?": "12 tonnes",
    }.items():
        best, *_ = excerpts(question, found(OTHER, FERRY))
        assert words in best.chunk.text, question


def test_a_list_is_whole() -> None:
    best, *_ = excerpts("Who will Pell meet on Friday?", found(OTHER, FERRY))
    assert "Ivo Strand" in best.chunk.text
    assert "Greta Holm" in best.chunk.text


def test_a_sentence_comes_with_the_one_that_its_pronoun_leans_on() -> None:
    best, *_ = excerpts("Who will meet the minister of transport?", found(FERRY))
    assert best.chunk.text.startswith("Pell will meet the harbour master")


def test_no_excerpt_begins_with_who_is_named_in_the_sentence_before() -> None:
    text = (
        "Forty places lay between the two sides. After 120 minutes in the rain they were separated by a"
        " goal, and the smaller club had scored it. Pengarth Town knocked Stover Rovers out of the Harrow"
        " Cup on Saturday, winning 3-2 in front of 2,914 people. Kofi Lund scored the winner in the 118th"
        " minute. The 17-year-old, who had come on ten minutes earlier, rose at the far post. He has a"
        " test on Monday."
    )
    cup = Article("cup", "https://a.example/cup", "A teenager sends Pengarth through", text, "Echo")
    alone = "Who scored the winning goal for Pengarth Town? Kofi Lund How old is he?"
    runs = excerpts("How old is he?", found(cup, words=120), alone=alone)
    assert not [run for run in runs if run.chunk.text.startswith(("He ", "The 17-year-old"))]
    assert any("17-year-old" in run.chunk.text for run in runs)


def test_excerpts_are_short_runs_of_the_text_that_do_not_overlap() -> None:
    shown = excerpts("What happened to the Pengarth ferry?", found(FERRY, OTHER))
    taken = list[tuple[str, int]]()
    for each in shown:
        part = each.chunk
        assert each.article.text[part.start : part.end] == part.text
        assert part.text.count(". ") <= 2
        taken += [(each.article.id, place) for place in range(part.start, part.end)]
    assert len(taken) == len(set(taken))
    assert len({each.chunk.id for each in shown}) == len(shown)


def test_passages_are_numbered_by_article_in_the_order_of_their_appearance() -> None:
    shown = excerpts("What happened in Pengarth?", found(OTHER, FERRY))
    numbers = {each.article.id: each.number for each in shown}
    assert list(numbers.values()) == list(range(1, len(numbers) + 1))
    assert all(each.number == numbers[each.article.id] for each in shown)
    assert len(shown) > len(numbers) > 1


def test_a_copy_is_not_read_again() -> None:
    shown = excerpts("Who steered the Pengarth ferry?", found(FERRY, COPY, OTHER))
    texts = " ".join(each.chunk.text for each in shown)
    assert texts.count("Captain Nora Pell steered") == 1


def test_wire_copies_take_the_place_of_one_article() -> None:
    leads = (
        "Our staff in Pengarth report: a ship is back.",
        "The sound is busy again this week.",
        "(AP) —",
        "Readers had asked us for months about the boat.",
    )
    copies = [
        replace(FERRY, id=f"copy{n}", title=f"Ferry story {n}", text=f"{lead} {FERRY.text}")
        for n, lead in enumerate(leads)
    ]
    for question in (
        "What happened to the Pengarth ferry?",
        "Who steered the Pengarth ferry?",
        "What will Pell do on Friday?",
    ):
        for words in (25, 40, 120):
            shown = excerpts(question, found(*copies, OTHER, words=words))
            said = [each.chunk.text[a:b] for each in shown for a, b in sentences(each.chunk.text)]
            assert len(said) == len(set(said)), (question, words)


def test_text_without_full_stops_is_cut_as_its_passage_is() -> None:
    endless = Article("endless", "", "Words", " ".join(f"word{n}" for n in range(900)))
    passages = found(endless, words=50)[:1]
    (only,) = excerpts("Where is word7?", passages)
    assert only.chunk.text == passages[0].chunk.text


def test_nothing_found_gives_nothing() -> None:
    assert excerpts("Who?", ()) == ()
    assert excerpts("", found(OTHER))
