"""Conversations of the page: one SQLite file with all turns, as a tree for each conversation.

A turn follows its ``parent``. A question that was edited or asked again is another turn after the
same parent, and ``leaf`` is the last turn of the version that is shown. Answers hold no article
text (:func:`rag.export.saved`).
"""

import secrets
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rag.errors import SavedError
from rag.sqlite import SqliteFile

if TYPE_CHECKING:
    from gradio import Request

    from rag import News

Owner = tuple[str, str]  # the user, empty where there are no accounts, and the name of the index
FILE = "conversations.sqlite"  # beside the folders of the indexes
_MOST_NAME = 200  # characters
_SCHEMA = """
PRAGMA secure_delete = ON;
CREATE TABLE IF NOT EXISTS conversations (
    id TEXT PRIMARY KEY, user TEXT NOT NULL, collection TEXT NOT NULL, name TEXT NOT NULL,
    leaf INTEGER NOT NULL, used REAL NOT NULL);
CREATE TABLE IF NOT EXISTS turns (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE, parent INTEGER NOT NULL,
    question TEXT NOT NULL, text TEXT NOT NULL, answer TEXT NOT NULL, filters TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS turn_conversation ON turns (conversation);
"""


@dataclass(frozen=True, slots=True)
class NewTurn:
    """A question and its answer as text for the search, and both as they are saved."""

    question: str
    text: str
    answer: str
    filters: str


@dataclass(frozen=True, slots=True)
class SavedTurn:
    """A stored turn; ``versions`` are the numbers of all turns after the same parent."""

    number: int
    question: str
    answer: str
    filters: str
    versions: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Conversation:
    """An entry of the list; ``used`` is the time of the last question."""

    id: str
    name: str
    used: float
    questions: int


def owner_of(request: "Request", news: "News") -> Owner:
    """Return whose conversations a request concerns."""
    return request.username or "", news.folder.name


class History(SqliteFile):
    """All conversations. Each method admits only those of ``owner``."""

    def __init__(self, path: Path, *, listed: bool = True) -> None:
        """Open or create the file.

        Args:
            path: the file, which others on this machine may not read.
            listed: whether owners may list their conversations.

        Raises:
            SavedError: if it cannot be used.
        """
        self.listed = listed
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(0o600)
        except OSError as error:
            raise SavedError(f"{path} cannot be written: {error.strerror or error}.") from error
        super().__init__(path, _SCHEMA)
        self.connection.create_function("casefold", 1, str.casefold, deterministic=True)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Turn SQLite's errors into SavedError."""
        try:
            yield
        except sqlite3.Error as error:
            raise SavedError(f"The conversations cannot be read or saved: {error}.") from error

    def turns(self, owner: Owner, id_: str) -> list[SavedTurn]:
        """Return the turns of the version that is shown, oldest first; none if it is unknown."""
        with self.lock:
            leaf = self._leaf(owner, id_)
            rows = self.rows(
                "SELECT number, parent, question, answer, filters FROM turns"
                " WHERE conversation = ? ORDER BY number",
                (id_,),
            )
        found = {row[0]: row for row in rows}
        versions: dict[int, list[int]] = {}
        for number, parent, *_ in rows:
            versions.setdefault(parent, []).append(number)
        shown: list[SavedTurn] = []
        while leaf in found:
            number, leaf, question, answer, filters = found[leaf]
            shown.append(SavedTurn(number, question, answer, filters, tuple(versions[leaf])))
        return shown[::-1]

    def add(self, owner: Owner, id_: str, turn: NewTurn, parent: int | None = None) -> str:
        """Add a turn, by default after the last; return the id of the conversation.

        A conversation that is unknown, or was deleted meanwhile, begins anew.
        """
        with self.transaction():
            leaf = self._leaf(owner, id_)
            if leaf < 0:
                id_, leaf, parent = secrets.token_hex(16), 0, None
                name = " ".join(turn.question.split())[:_MOST_NAME]
                self.rows(
                    "INSERT INTO conversations VALUES (?, ?, ?, ?, 0, 0)", (id_, *owner, name)
                )
            ((number,),) = self.rows(
                "INSERT INTO turns (conversation, parent, question, text, answer, filters)"
                " VALUES (?, ?, ?, ?, ?, ?) RETURNING number",
                (
                    *(id_, leaf if parent is None else parent, turn.question),
                    *(turn.text, turn.answer, turn.filters),
                ),
            )
            self._show(id_, number)
            self.rows("UPDATE conversations SET used = ? WHERE id = ?", (time.time(), id_))
        return id_

    def choose(self, owner: Owner, id_: str, number: int) -> None:
        """Show the version of a turn, up to the newest turn after it."""
        with self.transaction():
            if self._leaf(owner, id_) < 0:
                return
            rows = self.rows(
                "WITH RECURSIVE later (number) AS (SELECT number FROM turns WHERE number = ? AND"
                " conversation = ? UNION ALL SELECT turns.number FROM turns JOIN later ON"
                " turns.parent = later.number) SELECT max(number) FROM later",
                (number, id_),
            )
            if rows[0][0] is not None:
                self._show(id_, rows[0][0])

    def conversations(self, owner: Owner, query: str = "") -> list[Conversation]:
        """Return the conversations whose name, questions or answers contain ``query``, newest first."""
        if not self.listed:
            return []
        escaped = query.casefold()
        for special in "\\%_":
            escaped = escaped.replace(special, "\\" + special)
        like = f"%{escaped}%"
        rows = self.rows(
            "SELECT id, name, used, count(*) FROM conversations JOIN turns ON conversation = id"
            " WHERE user = ? AND collection = ? AND (casefold(name) LIKE ? ESCAPE '\\' OR id IN"
            " (SELECT conversation FROM turns WHERE casefold(question || ' ' || text)"
            " LIKE ? ESCAPE '\\')) GROUP BY id ORDER BY used DESC",
            (*owner, like, like),
        )
        return [Conversation(*row) for row in rows]

    def rename(self, owner: Owner, id_: str, name: str) -> None:
        """Give a conversation another name; an empty one changes nothing."""
        if name := " ".join(name.split())[:_MOST_NAME]:
            self.rows(
                "UPDATE conversations SET name = ? WHERE id = ? AND user = ? AND collection = ?",
                (name, id_, *owner),
            )

    def delete(self, owner: Owner, id_: str) -> None:
        """Delete a conversation with all its turns, also from the free space of the file."""
        self.rows(
            "DELETE FROM conversations WHERE id = ? AND user = ? AND collection = ?", (id_, *owner)
        )
        self.rows("PRAGMA wal_checkpoint(TRUNCATE)")

    def _leaf(self, owner: Owner, id_: str) -> int:
        """Return the last turn of the version that is shown; -1 if there is no such conversation."""
        rows = self.rows(
            "SELECT leaf FROM conversations WHERE id = ? AND user = ? AND collection = ?",
            (id_, *owner),
        )
        return int(rows[0][0]) if rows else -1

    def _show(self, id_: str, number: int) -> None:
        self.rows("UPDATE conversations SET leaf = ? WHERE id = ?", (number, id_))
