"""A digest as HTML and as files: what articles and models wrote is data, and every proof opens."""

import csv
import io
import json
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

from app import saved_summaries, stories
from app.saved_summaries import Made
from rag.types import Citation, Claim, Digest, Disagreement, Event, Source, Story, Timing

HOSTILE = "<script>x</script>\"' onmouseover=`y` {{7*7}} ${z} </button> =cmd()"
DAY = date(2024, 5, 14)


def story(words: str, url: str = "https://example.org/a") -> Story:
    """A story in which all that comes from outside is these words."""

    def quote(number: int) -> Citation:
        return Citation(number, f"id{number}", url, words, words, DAY, words, 3, 3 + len(words))

    def source(number: int, copies: tuple[Source, ...] = ()) -> Source:
        return Source(number, f"id{number}", url, words, words, DAY, copies)

    claim = Claim(words, (quote(1), quote(2)), "supported", score=0.9)
    return Story(
        headline=claim,
        text=f"{words} [1][2]",
        claims=(claim, Claim(words, reason=words)),
        citations=(quote(1), quote(2)),
        sources=(source(1, (source(1),)), source(2)),
        timeline=(Event(DAY, claim), Event(DAY, claim)),
        disagreements=(
            Disagreement((words, words), (quote(1), quote(2))),
            Disagreement((), (quote(1), quote(2))),
        ),
    )


def digest(*told: Story) -> Digest:
    return Digest("ferry", told, 5, 1, 3, "engine:model", Timing(generate=2.0))


class Tags(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.named: list[tuple[str, str | None]] = []
        self.text = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)
        self.named += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def test_hostile_words_make_no_tag_and_no_attribute() -> None:
    page, plain = Tags(stories.story(story(HOSTILE))), Tags(stories.story(story("words")))
    assert page.tags == plain.tags
    assert [name for name, _ in page.named] == [name for name, _ in plain.named]
    assert page.open == []
    assert "script" not in page.tags
    assert HOSTILE in page.text


def test_every_proof_opens_its_article_at_the_quote() -> None:
    page = Tags(stories.story(story("words")))
    opens = [value for name, value in page.named if name == "data-start"]
    # Marks of headline, sentence, two events and two disagreements; three sources; two cards,
    # each with its title and its quote.
    assert opens.count("3") == 2 + 2 + 4 + 4 + 4
    assert opens.count("0") == 3
    assert {value for name, value in page.named if name == "data-article"} == {"id1", "id2"}


def test_a_story_without_timeline_and_disagreement_has_no_empty_parts() -> None:
    page = stories.story(replace(story("words"), timeline=(), disagreements=()))
    assert "What changed" not in page
    assert "disagree" not in page
    assert "What changed" in stories.story(story("words"))


def test_a_headline_that_nothing_bears_out_has_no_mark() -> None:
    page = stories.story(replace(story("words"), headline=Claim(HOSTILE), claims=(), timeline=()))
    assert HOSTILE in Tags(page).text
    assert 'class="cite"' not in page.partition("</h3>")[0]


def test_what_it_was_made_of_is_told() -> None:
    foot = Tags(stories.foot(digest(story("words")), "tiny")).text
    assert foot == "5 articles (1 of them copies of others), 3 stories, 1 of them here." + (
        " model · profile tiny · 2.0 s"
    )
    assert "No article matches." in stories.foot(Digest("", (), 0, 0, 0, "", Timing()), "")


def test_a_digest_is_saved_as_markdown_json_lines_and_csv() -> None:
    made = Made(digest=digest(story("The ferry closes"), story(HOSTILE)))
    markdown = saved_summaries.markdown(made.kept)
    assert markdown["name"] == "digest.md"
    assert markdown["text"].startswith("# Digest: ferry\n\n5 articles")
    assert "<script" not in markdown["text"]
    lines = [json.loads(line) for line in saved_summaries.jsonl(made.kept)["text"].splitlines()]
    assert [line["headline"]["text"] for line in lines] == ["The ferry closes", HOSTILE]
    table = saved_summaries.csv(made.kept)["text"]
    assert table.startswith("\ufeff")  # by which Excel knows that it is UTF-8
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"))))
    assert rows[0]["title"] == "The ferry closes"
    assert rows[0]["published"] == "2024-05-14"
    assert all(not cell.startswith(("=", "+", "-", "@")) for row in rows for cell in row.values())


def test_what_was_told_until_a_stop_can_be_saved() -> None:
    so_far = saved_summaries.so_far("ferry", [story("The ferry closes")])
    assert (so_far.articles, so_far.copies, so_far.found) == (3, 1, 1)
    assert (
        "3 articles (1 of them copies of others), 1 story."
        in saved_summaries.markdown(so_far)["text"]
    )


def test_nothing_made_is_saved_as_nothing() -> None:
    assert Made().kept == ()
    assert not Made().ready
    assert not Made(digest=digest()).ready
    assert Made(digest=digest(story("The ferry closes"))).ready
    assert saved_summaries.markdown(())["text"] == ""
