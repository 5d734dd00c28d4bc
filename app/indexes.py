"""The indexes that can be chosen at the page: the folders beside that of its own index.

Every request of a browser tab names its index in a header, which is a name and never a path.
"""

import re
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, cast
from urllib.parse import unquote

from gradio.context import LocalContext

from rag import News
from rag.errors import IndexMissing, QuestionError

_HEADER = "x-newsrag-index"  # see page.js
_NAME = re.compile(r"[^\W_][\w -]{0,39}")
_CONTENT = {"news.sqlite", "lock"}  # one of them is in the folder of an index, if anything is


class Indexes:
    """Stands for the library of the index that the running event is about."""

    def __init__(self, news: News) -> None:
        """Begin with the page's own index, which is the one of requests that name none."""
        self._own, self._opened = news, {news.folder.name: news}
        self._lock = threading.Lock()

    def __getattr__(self, name: str) -> Any:
        """Return an attribute of that library."""
        return getattr(self._current(), name)

    @property
    def functions(self) -> list[Callable[[object], object]]:
        """What the page calls; Gradio takes only plain functions."""

        def names(_: object = None) -> object:
            return self.names()

        def create(name: object) -> object:
            return self.create(name)

        return [names, create]

    def names(self) -> dict[str, object]:
        """Return the names of all indexes, and that of the page's own."""
        found = [each.name for each in self._own.folder.parent.iterdir() if _is_index(each)]
        own = self._own.folder.name
        return {"own": own, "names": sorted({own, *found}, key=str.casefold)}

    def create(self, name: object) -> dict[str, str]:
        """Create an empty index; return its name, or what is wrong with it."""
        typed = " ".join(str(name).split())
        try:
            self._folder(typed).mkdir()
        except QuestionError as error:
            return {"problem": str(error)}
        except FileExistsError:
            return {"problem": f"There already is an index named {typed}."}
        except OSError as error:
            return {"problem": f"The index cannot be created: {error.strerror}."}
        return {"name": typed}

    def close(self) -> None:
        """Close all libraries."""
        for news in reversed(self._opened.values()):
            news.close()

    def _current(self) -> News:
        request = LocalContext.request.get(None)
        headers: Mapping[str, str] = request.headers if request else {}
        name = unquote(headers.get(_HEADER, ""))
        if not name or name == self._own.folder.name:
            return self._own
        if not _is_index(folder := self._folder(name)):
            raise IndexMissing(f"there is no index in {folder}.")
        with self._lock:
            if name not in self._opened:
                self._opened[name] = self._own.sharing_models(folder)
            return self._opened[name]

    def _folder(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise QuestionError(
                "Use up to 40 letters, digits, spaces, hyphens and underscores as a name, and begin"
                " with a letter or digit."
            )
        return self._own.folder.parent / name


def choosable(news: News) -> News:
    """Let the index be chosen, if it is in the folder where named indexes are stored."""
    named = Path(news.settings.index.folder).expanduser()
    return cast(News, Indexes(news)) if news.folder.absolute().parent == named.absolute() else news


def _is_index(folder: Path) -> bool:
    """Whether this is the folder of an index, or an empty one."""
    if not _NAME.fullmatch(folder.name) or folder.is_symlink() or not folder.is_dir():
        return False
    content = {each.name for each in folder.iterdir()}
    return not content or bool(content & _CONTENT)
