"""What happens beside the page: servers that end, indexes that go, other writers."""

import os
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from scripted_model import BRIDGE, QUOTE, THERE, WHO, WHY, PausableGenerator

from browser.acts import ask, asked, box, paste, tab, text, until

if TYPE_CHECKING:
    from browser.visits import Site, Visits

pytestmark = pytest.mark.slow

ENDED = (
    "|ERR_CONNECTION_REFUSED|ERR_INCOMPLETE|Failed to (?:fetch|load)|network|connection was lost"
)
HELD = """
import sys
from pathlib import Path
from rag.index import Index
with Index(Path(sys.argv[1])) as index, index.writing():
    print("held", flush=True)
    sys.stdin.read()
"""
SHUT = f"Tollgate Bridge to shut\n\n{BRIDGE} The council says that cracks were found in arches."


def test_a_question_survives_the_end_of_its_server(site: "Site", visit: "Visits") -> None:
    visit.expected += ENDED
    model = PausableGenerator()
    model.hold()
    first = site.serve(site.news(model))
    page = visit(first.url)
    ask(page, WHO)
    page.locator("#sources .first-look").wait_for()
    until(lambda: model.writing == 1)
    first.close()
    page.locator("#live .trouble").get_by_text("The connection was lost. Ask again.").wait_for()
    assert text(page, "#live .question") == WHO
    assert box(page).input_value() == WHO
    page.get_by_role("button", name="Send", exact=True).wait_for()
    model.go()
    box(page).press("Enter")
    page.locator("#live .trouble").get_by_text("The server cannot be reached.").wait_for()
    assert box(page).input_value() == WHO
    again = site.serve(site.news(PausableGenerator(), folder=site.folder / "samples"))
    assert again.url == first.url
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    assert page.locator("#live .trouble").count() == 0


def test_a_question_survives_a_reload_while_it_is_answered(site: "Site", visit: "Visits") -> None:
    model = PausableGenerator()
    model.hold()
    page = visit(site.page(model))
    ask(page, WHO)
    page.locator("#sources .first-look").wait_for()
    page.reload()
    page.locator("#transcript .welcome").wait_for()
    page.wait_for_function(
        "(asked) => document.querySelector('#question textarea').value === asked", arg=WHO
    )
    model.go()
    box(page).press("Enter")
    assert QUOTE in page.locator("#turn-0 .answer").inner_text()
    page.reload()
    page.locator("#turn-0").wait_for()
    assert box(page).input_value() == ""


def test_another_process_may_write_to_the_index_and_rebuild_it(
    site: "Site", visit: "Visits"
) -> None:
    folder = site.folder / "samples"
    page = visit(site.serve(site.news(PausableGenerator({WHY: BRIDGE, WHO: QUOTE}))).url)
    tab(page, "Articles")
    page.get_by_role("button", name="Add articles").click()
    command = [sys.executable, "-c", HELD, str(folder)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as writer:
        assert writer.stdout is not None
        writer.stdout.readline()
        paste(page, SHUT)
        page.locator("#outcomes .trouble").wait_for()
        message = text(page, "#outcomes .trouble")
        assert "Someone else" in message
        private = (str(site.folder), str(writer.pid), os.uname().nodename)
        assert not [each for each in private if each in message]
        tab(page, "Ask")
        assert QUOTE in asked(page, WHO).locator(".answer").inner_text()
    with site.news(PausableGenerator(), folder=folder) as other:
        other.rebuild(embed=True)
        asked(page, THERE)
        other.delete([each.id for each in other.articles() if BRIDGE in each.text])
        tab(page, "Articles")
        paste(page, SHUT)
        page.locator("#outcomes .outcome.added").wait_for()
        assert [each.title for each in other.articles(query="Tollgate Bridge to shut")]
    tab(page, "Ask")
    assert BRIDGE in asked(page, WHY).locator(".short").inner_text()


def test_the_page_goes_on_when_its_index_goes_and_comes_back(site: "Site", visit: "Visits") -> None:
    page = visit(site.serve(site.news(PausableGenerator())).url)
    asked(page, WHO)
    folder, away = site.folder / "samples", site.folder / "away"
    folder.rename(away)
    ask(page, WHY)
    page.locator("#live .trouble").get_by_text("There are no articles here").wait_for()
    assert str(site.folder) not in page.content()
    shutil.copytree(away, folder)
    box(page).press("Enter")  # the question is still there
    page.locator("#transcript .turn .short").get_by_text(BRIDGE).wait_for()
