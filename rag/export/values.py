"""Any value of the library as JSON.

Keys are the field names of :mod:`rag.types`; dates are ISO 8601; offsets count characters.
Passages carry the chunk's text and offsets, not the whole article.
"""

import json
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from math import isfinite
from pathlib import Path
from typing import TypeVar

from rag.export.escaping import file_name
from rag.types import Answer, Passage

T = TypeVar("T")


def as_json(value: object, *, indent: int | None = 2) -> str:
    """Return a value of dataclasses, collections and plain types as JSON, in field order."""
    return json.dumps(_plain(value), ensure_ascii=False, indent=indent)


def without_folders(value: T) -> T:
    """Return a value in which files are named without their folders, which are the server's."""
    if isinstance(value, list | tuple):
        return type(value)(map(without_folders, value))
    if not is_dataclass(value) or isinstance(value, type):
        return value
    changed = {each.name: without_folders(getattr(value, each.name)) for each in fields(value)}
    if "url" in changed:
        changed["url"] = file_name(changed["url"]) or changed["url"]
    return replace(value, **changed)


def _plain(value: object) -> object:
    if isinstance(value, Passage):
        return {
            "number": value.number,
            "article_id": value.article.id,
            "url": value.article.url,
            "title": value.article.title,
            "publisher": value.article.publisher,
            "published": _plain(value.article.published),
            "start": value.chunk.start,
            "end": value.chunk.end,
            "text": value.chunk.text,
            "score": _number(value.score, 6),
        }
    if isinstance(value, Answer):
        plain = {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
        return plain | {"refused": value.refused}
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, date):  # includes datetime
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    return _number(value, 4) if isinstance(value, float) else value


def _number(value: float, digits: int) -> float | None:
    return round(value, digits) if isfinite(value) else None  # JSON has no NaN
