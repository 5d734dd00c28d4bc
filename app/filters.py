"""Filters by day and publisher, as components and as :class:`rag.types.Filters`."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import gradio as gr

from app.components import html
from app.events import LIGHT, Part
from app.render import trouble
from rag import News
from rag.errors import QuestionError, RagError
from rag.text import typed_date, written_date
from rag.types import Filters

_LABEL = "Filter by date and publisher"


class FilterBar:
    """Collapsed fields for first day, last day and publishers; the label names what is set."""

    def __init__(self, news: News) -> None:
        """Lay the fields out where this is called."""
        self._news = news
        with gr.Accordion(_LABEL, open=False, elem_classes="filters") as folded:
            with gr.Row():
                self.since, self.until = _day("From"), _day("To")
            self.publishers = gr.Dropdown(
                publishers(news), label="Publishers (leave empty for all)", multiselect=True
            )
        for each in self.inputs:
            each.change(_label, self.inputs, folded, **LIGHT)

    @property
    def inputs(self) -> list[Any]:
        """The components in the order in which :func:`chosen` takes their values."""
        return [self.since, self.until, self.publishers]

    def set_to(self, filters: Filters) -> tuple[Any, Any, Any]:
        """Set the components to these filters; a publisher may be gone since."""
        names = list(filters.publishers)
        choices = list(dict.fromkeys([*publishers(self._news), *names]))
        since, until = (day and day.isoformat() for day in (filters.since, filters.until))
        return since, until, gr.update(choices=choices, value=names)

    @property
    def refresh(self) -> Part:
        """Refresh the publishers; those still there stay selected."""

        def choices(names: Sequence[str] | None) -> tuple[Any]:
            return (refreshed(publishers(self._news), names),)

        return Part(choices, [self.publishers], [self.publishers])


def _day(label: str) -> gr.Textbox:
    """Lay out a field for a day, which is read when it is left; page.js adds a calendar."""
    with gr.Column(min_width=160):
        day = gr.Textbox(
            label=f"{label} (YYYY-MM-DD)", placeholder="2022-01-26", max_lines=1, elem_classes="day"
        )
        problem = html()
    for event in (day.blur, day.submit):
        event(_read, day, [day, problem], **LIGHT)
    day.change(lambda typed: "" if _problem(typed) is None else gr.skip(), day, problem, **LIGHT)
    return day


def _read(typed: object) -> tuple[Any, str]:
    """Write a day in the form that the label names, or say why it cannot be read."""
    if problem := _problem(typed):
        return gr.skip(), trouble(problem)
    day = _date(typed)
    return (day.isoformat() if day and day.isoformat() != typed else gr.skip()), ""


def _problem(typed: object) -> str | None:
    try:
        _date(typed)
    except QuestionError as error:
        return str(error)
    return None


def refreshed(choices: Sequence[str | tuple[str, str]], value: Sequence[str] | None) -> Any:
    """Update the choices of a multiselect dropdown; drop selected values only if they are gone."""
    there = {each if isinstance(each, str) else each[1] for each in choices}
    left = [each for each in value or () if each in there]
    update = gr.update(choices=list(choices))
    return update if left == list(value or ()) else {**update, "value": left}


def publishers(news: News) -> list[str]:
    """Return the publishers of the open index; none if it cannot be read."""
    try:
        return list(news.info().publishers)
    except RagError:
        return []


def chosen(since: object, until: object, names: object, articles: Sequence[str] = ()) -> Filters:
    """Build the filters that were set.

    Raises:
        QuestionError: if a day is invalid, or the first is after the last.
    """
    first, last = _date(since), _date(until)
    if first and last and first > last:
        raise QuestionError(f"the start date {first} is after the end date {last}. Swap them.")
    listed = names if isinstance(names, Sequence) and not isinstance(names, str) else ()
    return Filters(since=first, until=last, publishers=map(str, listed), articles=articles)


def described(filters: Filters) -> str:
    """Describe the filters in words after "articles": ``from 1 May 2022 of the Podil Lantern``."""
    chosen_by_id = f"you chose ({len(filters.articles):,})" if filters.articles else ""
    days = [
        f"{word} {written_date(day).partition(' ')[2]}"
        for word, day in (("from", filters.since), ("until", filters.until))
        if day
    ]
    *most, last = filters.publishers or ("",)
    names = " and ".join(filter(None, (", ".join(most), last)))
    return " ".join(filter(None, [chosen_by_id, *days, f"of {names}" if names else ""]))


def _label(since: object, until: object, names: object) -> Any:
    """Label of the collapsed filters, including what is set, as far as it can be read."""
    try:
        filters = described(chosen(since, until, names))
    except QuestionError:
        filters = ""  # reported when a question is asked
    return gr.update(label=" · ".join(filter(None, (_LABEL, filters))))


def _date(typed: object) -> date | None:
    text = str(typed or "").strip()
    if not text:
        return None
    try:
        return typed_date(text)
    except ValueError as error:
        raise QuestionError(str(error)) from error
