"""The results as a table in Markdown: measures down, systems across."""

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from score import Measure

_ROWS = (
    ("hit@1", "gold article first", "share"),
    ("hit@5", "gold article in the first 5", "share"),
    ("hit@10", "gold article in the first 10", "share"),
    ("gold_shown", "gold article shown to the model", "share"),
    ("answer_shown", "right answer in what the model was shown", "share"),
    ("answer_in_reply", "right answer in the reply", "share"),
    ("em", "exact match of the whole reply", "share"),
    ("f1", "F1 of the whole reply", "share"),
    ("short_right", "right answer in the short answer, else the first line", "share"),
    ("short_em", "exact match of the same", "share"),
    ("short_f1", "F1 of the same", "share"),
    ("words", "words of a reply, median", "whole"),
    ("refused_unanswerable", "unanswerable questions refused", "share"),
    ("refused_answerable", "answerable questions refused (less is better)", "share"),
    ("refusal_f1", "F1 of refusing", "share"),
    ("unsure_unanswerable", "unanswerable questions refused or marked as unsure", "share"),
    ("unsure_answerable", "answerable questions refused or marked as unsure", "share"),
    ("replies_citing", "replies that cite", "share"),
    ("citations_exist", "citations whose words stand in the article named", "share"),
    ("citations_of_gold", "citing replies that cite a gold article", "share"),
    ("citations_support", "right replies whose cited words hold the answer", "share"),
    ("quotes_answer", "answered: every quote verbatim, and one holds the answer", "share"),
    ("cited_words", "words of a citation, median", "whole"),
    ("passages", "passages in the index", "whole"),
    ("ingest_articles_per_second", "articles read a second", "tenths"),
    ("ingest_passages_per_second", "passages read a second", "tenths"),
    ("prompt_tokens", "tokens of all prompts of a question, median", "whole"),
    ("source_tokens", "tokens of sources read before the first word, median", "whole"),
    ("first_token_seconds", "seconds to the first word, median", "tenths"),
    ("answer_seconds", "seconds to the whole reply, median", "tenths"),
    ("refusal_ratio", "a refusal's time to another reply's, medians", "share"),
    ("peak_mb", "peak memory, MB (without the model's server)", "whole"),
    ("server_peak_mb", "peak memory of the model's server, MB", "whole"),
)
_PAIRED = (
    ("answer_in_reply", "right answer in the reply, more", "share"),
    ("right_alone", "questions right of newsrag alone", "whole"),
    ("peer_right_alone", "questions right of the other alone", "whole"),
    ("short_right", "right short answer, more", "share"),
    ("first_token_ratio", "time to the first word, ratio of medians", "share"),
    ("answer_ratio", "time to the whole reply, ratio of medians", "share"),
)
_Measures = Mapping[str, Mapping[str, Measure]]


def markdown(measures: _Measures, against: _Measures, about: Mapping[str, Any]) -> str:
    """The tables with a head that says what was measured, on what, and what is missing."""
    lines = [*_head(about), "", *_table("measure", measures, _ROWS)]
    lines += ["", *_table("newsrag against, on the same questions", against, _PAIRED)]
    lines += ["", *_versions(about["versions"]), *_missing(about)]
    return "\n".join(lines).strip() + "\n"


def _table(head: str, measures: _Measures, rows: Sequence[tuple[str, str, str]]) -> Sequence[str]:
    names = list(measures)
    if not names:
        return ()
    lines = [f"| {head} | {' | '.join(names)} |", f"|---|{'---|' * len(names)}"]
    for key, label, form in rows:
        cells = [_cell(measures[name].get(key), form) for name in names]
        if any(cell != "-" for cell in cells):
            lines.append(f"| {label} | {' | '.join(cells)} |")
    return lines


def _head(about: Mapping[str, Any]) -> Sequence[str]:
    machine = about["machine"]
    return (
        f"{about['date']}, {about['dataset']}: {about['articles']} articles, {about['questions']}"
        f" questions that they answer, {about['unanswerable']} that they do not, seed"
        f" {about['seed']}; {about['model']}, {about['embedder']}; {machine['processor']},"
        f" {machine['cores']} cores. In brackets: bootstrap 95 % intervals.",
    )


def _versions(versions: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
    return [
        f"{name}: {', '.join(f'{package} {number}' for package, number in found.items())}  "
        for name, found in versions.items()
    ]


def _missing(about: Mapping[str, Any]) -> Sequence[str]:
    short = [
        f"{name} was asked {asked} of {about['wanted']} questions; run the same command to continue.  "
        for name, asked in about["asked"].items()
        if asked < about["wanted"]
    ]
    mixed = [
        f"{name} was asked in {count} states of its code; --again {name} measures it again.  "
        for name, count in about["codes"].items()
        if count > 1
    ]
    troubles = [f"{name}: {trouble}  " for name, trouble in about["troubles"].items()]
    return [*short, *mixed, *troubles]


def _cell(measure: Measure | None, form: str) -> str:
    if measure is None or isnan(measure.value):
        return "-"
    if form == "whole":
        return f"{measure.value:.0f}"
    if form == "tenths":
        return f"{measure.value:.1f}"
    if measure.low is None or measure.high is None or isnan(measure.low):
        return f"{measure.value:.2f}"
    return f"{measure.value:.2f} [{measure.low:.2f}, {measure.high:.2f}]"
