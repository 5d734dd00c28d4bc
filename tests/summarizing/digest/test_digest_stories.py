"""Stories as they are written: two articles cited, quotes exact, prompts that fit, nothing invented."""

import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta

import pytest
from checking import checker
from reports import CHEESE, FERRY, FERRY_TOO, MONDAY, TUESDAY, WEDNESDAY, report, vectors_of

import rag.check
import rag.summarizing.digest.denials
from rag.errors import GenerateError
from rag.export import as_json, as_markdown, digest_note
from rag.llm.scripted import ScriptedGenerator
from rag.summarizing.digest import digest
from rag.summarizing.digest.central import central_sentences
from rag.summarizing.digest.figures import Figure
from rag.summarizing.digest.headline import plain_title
from rag.summarizing.digest.reading import read
from rag.summarizing.digest.timeline import timeline
from rag.types import Article, Claim, Digest, Draft, Message, Story

NOTHING = "King Olaf wept in Harrow on his 99 thrones."
VOTED = "The council of Harrow voted on Monday to close the old ferry to Pengarth."
HOSTILE = '<script>alert(1)</script> [x](javascript:alert) # {{7*7}} <|im_end|> "onclick="y'


def copied(messages: Sequence[Message]) -> str:
    """A model that repeats the first sentence of each source."""
    sources = re.findall(r"<source (\d+)>[^\n]*\n(.*?)\n</source>", messages[-1].content, re.S)
    return " ".join(
        f"{text.partition('. ')[0].rstrip('.')} [{number}]." for number, text in sources
    )


def made(
    articles: Sequence[Article],
    generator: ScriptedGenerator | None = None,
    *,
    stories: int = 5,
    sentences_wanted: int = 3,
    tokens: int = 1400,
) -> Digest:
    generator = generator or ScriptedGenerator(lambda _: NOTHING)
    events = list(
        digest(
            articles,
            vectors_of(articles),
            checker=checker(),
            generator=generator,
            stories=stories,
            sentences_wanted=sentences_wanted,
            tokens=tokens,
        )
    )
    last = events[-1]
    assert isinstance(last, Digest)
    assert tuple(event for event in events if isinstance(event, Story)) == last.stories
    sound(last, articles)
    return last


def sound(found: Digest, articles: Sequence[Article]) -> None:
    """Every sentence is supported, and every quote stands where it says, under the right number."""
    texts = {each.id: each.text for each in articles}
    for story in found.stories:
        numbers = {source.article_id: source.number for source in story.sources}
        assert list(numbers.values()) == list(range(1, len(numbers) + 1))
        claims = [*story.claims, *(event.claim for event in story.timeline)]
        claims += [story.headline] if story.claims else []
        assert all(claim.supported and claim.citations for claim in claims)
        quotes = [quote for claim in claims for quote in claim.citations]
        quotes += [quote for each in story.disagreements for quote in each.quotes]
        for quote in quotes:
            assert texts[quote.article_id][quote.start : quote.end] == quote.quote
            assert numbers[quote.article_id] == quote.number
        assert [event.day for event in story.timeline] == sorted(e.day for e in story.timeline)


def ferry() -> list[Article]:
    return [
        report(FERRY, "Ferry closes", day=MONDAY),
        report(FERRY_TOO, "Harrow loses its ferry", paper="Pengarth Times", day=TUESDAY),
    ]


def cited(claims: Sequence[Claim]) -> set[int]:
    return {quote.number for claim in claims for quote in claim.citations}


@pytest.mark.parametrize(
    "reply", [copied, lambda _: NOTHING, lambda _: "", lambda _: f"{VOTED} [1]"]
)
def test_two_articles_are_cited_where_there_are_two(reply: object) -> None:
    (story,) = made(ferry(), ScriptedGenerator(reply)).stories  # type: ignore[arg-type]
    assert cited(story.claims) == {1, 2}
    assert 2 <= len(story.claims) <= 3
    assert NOTHING not in story.text


def test_two_articles_are_cited_even_if_they_tell_the_same() -> None:
    again = "Harrow loses its old ferry to Pengarth after a vote of the council."
    articles = [report(VOTED, paper="A", day=MONDAY), report(again, paper="B", day=TUESDAY)]
    (story,) = made(articles).stories
    assert cited(story.claims) == {1, 2}


def test_one_sentence_cites_one_article_or_more() -> None:
    (story,) = made(ferry(), sentences_wanted=1).stories
    assert 1 <= len(story.claims) <= 2


def test_what_is_told_is_in_the_words_of_the_model_where_they_hold() -> None:
    words = "The council of Harrow voted to close the old ferry to Pengarth."
    (story,) = made(ferry(), ScriptedGenerator(lambda _: f"{words} [1] {NOTHING} [2]")).stories
    assert words in [claim.text for claim in story.claims]


def test_a_claim_that_leans_on_another_is_not_told_by_itself() -> None:
    (story,) = made(
        ferry(), ScriptedGenerator(lambda _: "He has steered the ferry for 31 years.")
    ).stories
    assert not any(claim.text.startswith("He ") for claim in story.claims)


@pytest.mark.parametrize(
    "teaser",
    [
        "What we know about the vote of the Harrow council on the old ferry to Pengarth.",
        "See the old ferry of Harrow cross to Pengarth on the day of the vote of the council.",
        "How to cross from Harrow to Pengarth after the vote of the council on the old ferry.",
    ],
)
def test_a_line_that_only_promises_to_tell_is_not_told(teaser: str) -> None:
    articles = [
        report(f"{teaser} {FERRY}", "Bye", day=MONDAY),
        report(FERRY_TOO, "Ahoy", paper="Pengarth Times"),
    ]
    (story,) = made(articles, ScriptedGenerator(lambda _: f"{teaser} [1]")).stories
    assert teaser not in f"{story.headline.text} {story.text}"


def test_drafts_come_before_the_story_that_they_become() -> None:
    articles = ferry()
    events = list(
        digest(
            articles,
            vectors_of(articles),
            checker=checker(),
            generator=ScriptedGenerator(lambda _: VOTED),
        )
    )
    kinds = [type(event) for event in events]
    assert kinds[0] is Draft
    assert kinds[-2:] == [Story, Digest]
    assert VOTED in "".join(str(event) for event in events if isinstance(event, Draft))


def test_closing_it_stops_the_model() -> None:
    ended: list[bool] = []

    class Watched(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, **_):  # type: ignore[no-untyped-def]
            try:
                yield from super().stream(messages, max_tokens=max_tokens)
            finally:
                ended.append(True)

    articles = ferry()
    told = digest(
        articles,
        vectors_of(articles),
        checker=checker(),
        generator=Watched(lambda _: VOTED),
    )
    assert isinstance(next(told), Draft)
    told.close()
    assert ended == [True]


def test_progress_is_told_before_between_and_after() -> None:
    seen: list[tuple[int, int]] = []
    articles = [*ferry(), report(CHEESE, "cheese", paper="Marwick Mail")]
    generator = ScriptedGenerator(lambda _: NOTHING)
    list(
        digest(
            articles,
            vectors_of(articles),
            checker=checker(),
            generator=generator,
            progress=lambda *done: seen.append(done),
        )
    )
    assert seen == [(0, 2), (1, 2), (2, 2)]


def test_only_so_many_stories_are_written_and_the_others_counted() -> None:
    generator = ScriptedGenerator(lambda _: NOTHING)
    found = made([*ferry(), report(CHEESE, "cheese")], generator, stories=1)
    assert (len(found.stories), found.found, found.articles) == (1, 2, 3)
    assert len(found.stories[0].sources) == 2
    assert digest_note(found) == "3 articles: showing 1 of 2 stories."


def test_copies_are_named_under_what_they_copy() -> None:
    articles = [*ferry(), report(FERRY, "The same", paper="Wire", day=WEDNESDAY)]
    found = made(articles)
    assert found.copies == 1
    (story,) = found.stories
    assert [len(source.copies) for source in story.sources] == [1, 0]
    assert story.sources[0].copies[0].title == "The same"
    assert "(1 duplicate)" in digest_note(found)
    assert "same text in **The same**, Wire" in as_markdown(found)


@pytest.mark.parametrize("articles", [[], [report("", "no text")]], ids=["none", "no text"])
def test_nothing_to_tell_asks_nobody_and_is_told_plainly(articles: list[Article]) -> None:
    generator = ScriptedGenerator([])
    found = made(articles, generator)
    assert (found.stories, found.found) == ((), 0)
    assert generator.history == []
    assert digest_note(made([])) == "No articles match."
    assert "No articles match." in as_markdown(made([]))


def test_one_article_is_a_story_without_timeline_or_disagreement() -> None:
    (story,) = made([report(FERRY, "Ferry closes")]).stories
    assert (story.timeline, story.disagreements) == ((), ())
    assert cited(story.claims) == {1}
    assert story.headline.supported


def test_articles_without_days_have_no_timeline() -> None:
    articles = [report(FERRY, day=None), report(FERRY_TOO, paper="B", day=None)]
    (story,) = made(articles).stories
    assert story.timeline == ()
    assert cited(story.claims) == {1, 2}


def test_an_article_without_a_sentence_that_stands_is_survived() -> None:
    for text in ("Fog.", "He left. They wept.", "?!", "新闻" * 50, "x" * 5000):
        found = made([report(text, "T", paper="A"), report(text + " Fog.", "T", paper="B")])
        assert found.articles == 2


# The same sentence in several articles

FIRE = "A fire at the Marwick paper mill killed three workers on Monday, the fire service said."
AFTER = (
    "Mill owner Carla Voss of Marwick said that production will stop until spring. The union demanded an"
    " inquiry by the ministry in Oslo."
)
SMOKE = (
    "Mayor Jonas Hale of Marwick thanked the crews in the town hall. Insurers of Harrow put the damage of"
    " the fire at 12 million euros."
)


def fires(*texts: str, paper: str = "Paper {}") -> list[Article]:
    return [
        report(text, f"Fire {number}", paper=paper.format(number), day=MONDAY)
        for number, text in enumerate(texts)
    ]


def test_what_two_papers_open_with_is_told_and_cited_from_both() -> None:
    (story,) = made(fires(f"{FIRE} {AFTER}", f"{FIRE} {SMOKE}")).stories
    lead = next(c for c in (story.headline, *story.claims) if c.text == FIRE)
    assert cited([lead]) == {1, 2}


def test_the_model_reads_what_two_papers_open_with_once_and_both_are_cited_for_its_words() -> None:
    generator = ScriptedGenerator(lambda _: "A fire killed three workers at the Marwick mill. [1]")
    (story,) = made(fires(f"{FIRE} {AFTER}", f"{FIRE} {SMOKE}"), generator).stories
    assert generator.history[0][-1].content.count(FIRE) == 1
    own = next(c for c in (story.headline, *story.claims) if c.text.startswith("A fire killed"))
    assert cited([own]) == {1, 2}


def test_what_several_papers_print_is_merged_once_though_only_one_of_them_was_read() -> None:
    generator = ScriptedGenerator(copied)
    made(fires(FIRE, f"{FIRE} {AFTER}", f"{FIRE} {SMOKE}"), generator, tokens=100)
    merged = [each for each in generator.history if "headline" not in each[-1].content][-1]
    assert len(generator.history) > 3
    assert merged[-1].content.count(FIRE) == 1


def test_articles_of_the_same_sentences_in_another_order_still_tell_them() -> None:
    one, other = AFTER.split(". ", 1)
    texts = f"{FIRE} {AFTER} No. 11 of 40.", f"{one}. {other} {FIRE} No. 12 of 50, page 3."
    (story,) = made(fires(*texts)).stories
    assert len(story.sources) == 2
    assert FIRE in f"{story.headline.text} {story.text}"


def test_what_one_paper_repeats_in_its_articles_on_the_story_is_told() -> None:
    (story,) = made(fires(f"{FIRE} {AFTER}", f"{FIRE} {SMOKE}", paper="Harrow Post")).stories
    assert FIRE in f"{story.headline.text} {story.text}"


def test_what_a_paper_writes_about_itself_in_each_article_is_not_told() -> None:
    own = "Readers of the Post may meet our editors each week in the hall of Lindenau."
    articles = fires(f"{own} {FIRE} {AFTER}", f"{own} {FIRE} {SMOKE}", paper="Harrow Post")
    (story,) = made(articles).stories
    assert own not in f"{story.headline.text} {story.text}"
    assert FIRE in f"{story.headline.text} {story.text}"


@pytest.mark.parametrize("text", ["Why did he leave Harrow? Fog came in.", "Hi there. Bye."])
def test_a_story_is_not_empty_where_an_article_has_a_sentence(text: str) -> None:
    for articles in (fires(text), fires(text, f"{text} {text}", f"{text} Oh.")):
        for story in made(articles).stories:
            assert story.claims


# Over time


def later() -> list[Article]:
    """A story over three days, with a figure that changes."""
    return [
        *ferry(),
        report(
            "Ferrymen of Harrow marched against the end of the ferry to Pengarth. Police in Harrow"
            " counted 300 marchers on the quay.",
            "Ferrymen march",
            paper="Pengarth Times",
            day=WEDNESDAY,
        ),
        report(
            "The ferry of Harrow stays, Mayor Ida Fenn said in Pengarth after the march. The council"
            " of Harrow takes back its vote.",
            "Ferry stays",
            paper="Marwick Mail",
            day=WEDNESDAY + timedelta(days=1),
        ),
    ]


def test_the_timeline_has_a_sentence_a_day_oldest_first() -> None:
    (story,) = made(later()).stories
    days = [event.day for event in story.timeline]
    assert days == sorted(set(days))
    assert {MONDAY, WEDNESDAY, WEDNESDAY + timedelta(days=1)} <= set(days)
    assert any("marched" in event.claim.text for event in story.timeline)


def test_a_second_subject_of_an_article_is_not_in_the_timeline() -> None:
    second = "Goats of Stover Hill won gold medals for Wilma Troost at the county show on Sunday."
    last = later()[-1]
    roundup = replace(last, text=f"{last.text} {second}", published=MONDAY + timedelta(days=7))
    (story,) = made([*later()[:-1], roundup]).stories
    assert len(story.sources) == 4
    days = [event.day for event in story.timeline]
    assert days == [MONDAY, TUESDAY, WEDNESDAY, roundup.published]


def test_what_only_the_newest_article_tells_of_those_whom_all_name_is_in_the_timeline() -> None:
    news = (
        "Thieves smashed every window of Harrow's museum during Sunday night, leaving broken glass."
    )
    fourth = report(news, "Thieves", paper="Marwick Mail", day=WEDNESDAY + timedelta(days=6))
    told = central_sentences([*later(), fourth])
    events = timeline([*map(read, [*later(), fourth])], told, ())
    assert news in [event.claim.text for event in events]


def test_a_figure_that_changes_is_in_the_timeline_and_no_disagreement() -> None:
    one = "Police in Harrow counted 300 marchers on the quay against the end of the ferry."
    two = one.replace("300", "900")
    articles = [
        report(f"{FERRY} {one}", "one", paper="A", day=TUESDAY),
        report(f"{FERRY_TOO} {two}", "two", paper="B", day=WEDNESDAY),
    ]
    (story,) = made(articles).stories
    assert story.disagreements == ()
    assert {one, two} <= {event.claim.text for event in story.timeline}


def test_different_figures_of_a_day_stand_side_by_side() -> None:
    one = "Police in Harrow counted 300 marchers on the quay against the end of the ferry."
    articles = [
        report(f"{FERRY} {one}", "one", paper="A", day=TUESDAY),
        report(f"{FERRY_TOO} {one.replace('300', '900')}", "two", paper="B", day=TUESDAY),
    ]
    found = made(articles)
    (both,) = found.stories[0].disagreements
    assert set(both.about) == {"300 marchers", "900 marchers"}
    assert {quote.publisher for quote in both.quotes} == {"A", "B"}
    markdown = as_markdown(found)
    assert "Where the articles disagree" in markdown
    assert markdown.count("counted") >= 2


# Headlines


def test_a_title_that_the_other_article_bears_out_is_the_headline() -> None:
    title = "The council of Harrow voted to close the old ferry"
    articles = [
        report(FERRY, "Bye, bye", day=MONDAY),
        report(FERRY_TOO, f"{title} | Pengarth Times", paper="Pengarth Times"),
    ]
    (story,) = made(articles).stories
    assert story.headline.text == title
    assert cited([story.headline]) == {1}


def test_a_title_that_nobody_bears_out_is_not() -> None:
    title = "King Olaf abdicates over the Harrow ferry"
    (story,) = made([report(FERRY, title), report(FERRY_TOO, title, paper="B")]).stories
    assert story.headline.text != title
    assert story.headline.supported


def test_a_sentence_that_is_the_headline_is_not_told_once_more() -> None:
    articles = [report(FERRY, "Bye", day=MONDAY), report(FERRY_TOO, "Ahoy", paper="Pengarth Times")]
    (story,) = made(articles).stories
    assert story.headline.supported
    assert story.headline.text not in story.text
    assert cited(story.claims) == {1, 2}


def test_an_only_sentence_is_headline_and_text() -> None:
    (story,) = made([report(VOTED, day=MONDAY)]).stories
    assert [claim.text for claim in story.claims] == [story.headline.text] == [VOTED]


def test_the_models_own_headline_is_taken_if_it_holds() -> None:
    own = "Council of Harrow voted to close the old ferry"

    def reply(messages: Sequence[Message]) -> str:
        return f'"{own}"' if "headline" in messages[-1].content else NOTHING

    articles = [report(FERRY, "", day=MONDAY), report(FERRY_TOO, "Bye", paper="B")]
    (story,) = made(articles, ScriptedGenerator(reply)).stories
    assert story.headline.text == own


@pytest.mark.parametrize(
    "own",
    [
        "P1, Monday 13 May 2024",
        "P1",
        "Source 1: P1, Monday",
        "Sources 1 and 2",
        "B, P1",
        "13 May 2024",
    ],
)
def test_paper_day_and_number_of_a_source_are_no_headline(own: str) -> None:
    def reply(messages: Sequence[Message]) -> str:
        return own if "headline" in messages[-1].content else NOTHING

    articles = [report(FERRY, own, paper="P1", day=MONDAY), report(FERRY_TOO, "", paper="B")]
    (story,) = made(articles, ScriptedGenerator(reply)).stories
    assert story.headline.supported
    assert story.headline.text != own


def test_a_headline_that_names_paper_and_day_beside_what_happened_is_one() -> None:
    own = "Council of Harrow voted on Monday"

    def reply(messages: Sequence[Message]) -> str:
        return own if "headline" in messages[-1].content else NOTHING

    articles = [report(FERRY, "", day=MONDAY), report(FERRY_TOO, "Bye", paper="Harrow Council")]
    (story,) = made(articles, ScriptedGenerator(reply)).stories
    assert story.headline.text == own


@pytest.mark.parametrize(
    ("title", "wanted"),
    [
        ("Ferry closes in Harrow | CNN", "Ferry closes in Harrow"),
        ("Ferry closes in Harrow - Harrow Post", "Ferry closes in Harrow"),
        ("Ferry closes in Harrow - what we know", "Ferry closes in Harrow - what we know"),
        ("Ferry closes in Harrow as ...", ""),
        ("Ferry", ""),
        ("", ""),
        ("Ferry " * 40, ""),
    ],
)
def test_titles_without_their_furniture(title: str, wanted: str) -> None:
    assert plain_title(report(FERRY, title)) == wanted


# Prompts


@pytest.mark.parametrize(("context", "wanted"), [(500, 6), (700, 1), (1024, 3)])
def test_every_prompt_fits_the_context(context: int, wanted: int) -> None:
    allowed: list[int] = []

    class Metered(ScriptedGenerator):
        def stream(self, messages, *, max_tokens, **_):  # type: ignore[no-untyped-def]
            allowed.append(max_tokens)
            return super().stream(messages, max_tokens=max_tokens)

    generator = Metered(copied, context_length=context)
    articles = [
        report(
            f"{text} {extra}", f"{paper} {day}", paper=f"{paper}{day}", day=MONDAY + timedelta(day)
        )
        for day, extra in enumerate(["It rained.", "Fog fell on Stover.", "Snow fell on Oslo."])
        for paper, text in (("A", FERRY), ("B", FERRY_TOO))
    ]
    found = made(articles, generator, sentences_wanted=wanted)
    assert found.stories
    for messages, most in zip(generator.history, allowed, strict=True):
        asked = sum(generator.count_tokens(message.content) for message in messages)
        assert asked + most <= context


def test_what_one_prompt_cannot_hold_is_read_in_several_and_merged() -> None:
    generator = ScriptedGenerator(copied)
    made(later(), generator, tokens=100)
    assert len(generator.history) >= 3
    merged = [each for each in generator.history if "headline" not in each[-1].content][-1]
    assert "<source" in merged[-1].content


def test_an_engine_that_fails_is_told() -> None:
    with pytest.raises(GenerateError):
        made(ferry(), ScriptedGenerator([]))


def test_hostile_articles_stay_data() -> None:
    articles = [
        report(f"{FERRY} {HOSTILE}.", HOSTILE, paper=HOSTILE, day=MONDAY),
        report(f"{FERRY_TOO} {HOSTILE}.", HOSTILE, paper=f"B {HOSTILE}"),
    ]
    generator = ScriptedGenerator(copied)
    found = made(articles, generator)
    for messages in generator.history:
        assert "<|im_end|>" not in messages[-1].content
    markdown = as_markdown(found)
    assert "<script" not in markdown
    assert not re.search(r"(?<!\\)\]\(javascript", markdown)
    assert not re.search(r"^#(?!#? )", markdown, re.M)
    assert as_json(found)


def test_days_before_the_common_era_of_news_are_survived() -> None:
    articles = [report(FERRY, day=date.min), report(FERRY_TOO, paper="B", day=date.max)]
    assert made(articles).articles == 2


# Many articles


def long_story(count: int) -> list[Article]:
    """Articles of one story in other words each, with figures, days and denials."""
    chance = random.Random(1)
    letters = "abcdefghijklmnop"
    words = ["".join(chance.choices(letters, k=6)) for _ in range(3000)]

    def some() -> str:
        return " ".join(chance.sample(words, 3))

    def text() -> str:
        told = [
            f"The Marwick fire of Carla Voss {some()} killed {chance.randrange(3, 90)} workers in Marwick.",
            f"Some {chance.randrange(20, 900)} firefighters {some()} fought the blaze in Lindenau.",
            f"The mill will {chance.choice(['', 'not '])}open in Marwick {some()} once more this year.",
        ]
        told += [f"Mayor Hale of Marwick thanked the {some()} crews of Podil." for _ in range(9)]
        return " ".join(told)

    return [
        report(text(), f"Marwick fire {n}", paper=f"Paper {n % 40}", day=MONDAY + timedelta(n % 9))
        for n in range(count)
    ]


@pytest.mark.slow
def test_what_is_compared_in_a_story_of_400_articles_is_bounded(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    compared: Counter[str] = Counter()

    def counted(name: str, does: Callable[..., object]) -> Callable[..., object]:
        def call(*arguments: object, **named: object) -> object:
            compared[name] += 1
            return does(*arguments, **named)

        return call

    for name, room, does in (
        ("claims with articles", rag.check, "prove"),
        ("figures", Figure, "contradicts"),
        ("denials", rag.summarizing.digest.denials, "_opposed"),
    ):
        monkeypatch.setattr(room, does, counted(name, getattr(room, does)))
    articles = long_story(400)
    (story,) = made(articles, ScriptedGenerator(copied)).stories
    assert len(story.sources) == 400
    assert compared["claims with articles"] < 1000
    assert compared["figures"] < 60_000
    assert compared["denials"] < 10_000
