"""Tables that no name announces, on standard input or in a text file; and what only looks like one."""

import io
from pathlib import Path

import pytest

from rag.ingest.sources import fetch
from rag.types import Failure, Page


@pytest.mark.parametrize("name", ["-", "table", "table.txt"])
@pytest.mark.parametrize(
    "body",
    [
        'title,text,date\nTide,"It rose, and fell.",2022-01-19\nWind,It blew.,\n',
        "Titolo;corpo;URL\nTide;It rose, and fell.;\nWind;It blew.;\n",
        "title\ttext\nTide\tIt rose, and fell.\nWind\tIt blew.\n",
    ],
)
def test_a_table_without_a_name_is_read_by_rows(tmp_path: Path, name: str, body: str) -> None:
    (tmp_path / "table").write_text(body)
    (tmp_path / "table.txt").write_text(body)
    stdin = io.BytesIO(body.encode())
    found = list(fetch([name if name == "-" else str(tmp_path / name)], stdin=stdin))
    assert [page.record and len(page.record) > 1 for page in found if isinstance(page, Page)] == [
        True,
        True,
    ]


@pytest.mark.parametrize(
    "body",
    [
        "Harbour, bridge and ferry\n\nThe harbour, the bridge and the ferry are open.\n",
        "Text, title\nAll of it is prose.\n",
        "title\nA word of one column.\n",
        "body, text\n",
        ",,,\n",
        "",
        " \n",
    ],
)
def test_prose_with_commas_is_no_table(body: str) -> None:
    found = list(fetch(["-"], stdin=io.BytesIO(body.encode())))
    assert not any(isinstance(page, Page) and page.record for page in found)


def test_a_table_in_an_unknown_encoding_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(
        "title,text\n橋,昨日、東京で新しい橋が開通した。市長は述べた。\n".encode("shift_jis")
    )
    (failure,) = fetch([str(path)])
    assert isinstance(failure, Failure)
    assert "in an encoding that it does not declare" in failure.reason
