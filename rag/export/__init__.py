"""Export of answers, summaries and digests for other programs and for people.

As JSON (:func:`as_json`), as Markdown (:func:`as_markdown`), as plain text (:func:`as_text`), as
a table of many summaries (:func:`as_jsonl`, :func:`as_csv`), as a file of the rows of a batch
(:func:`write_rows`), as rows for a DataFrame (:func:`claim_records`, :func:`quote_records`), and
short enough to be saved in a browser (:func:`saved`).
"""

from rag.export.digests import digest_note
from rag.export.escaping import file_name
from rag.export.markdown import as_markdown
from rag.export.marks import (
    LEGEND,
    NEAREST_SHOWN,
    by_article,
    cited,
    differ,
    doubts,
    headed,
    marked_words,
    opening,
    unmarked,
    without_unsupported,
)
from rag.export.plain import as_text
from rag.export.records import claim_records, quote_records
from rag.export.rows import (
    AnswerRow,
    Quote,
    Sentence,
    Source,
    SummaryRow,
    answer_row,
    read_row,
    summary_row,
)
from rag.export.saved import SavedAnswer, read_saved, saved
from rag.export.tables import ENDINGS, as_csv, as_jsonl, row_bytes, write_rows
from rag.export.values import as_json, without_folders

__all__ = [
    "ENDINGS",
    "LEGEND",
    "NEAREST_SHOWN",
    "AnswerRow",
    "Quote",
    "SavedAnswer",
    "Sentence",
    "Source",
    "SummaryRow",
    "answer_row",
    "as_csv",
    "as_json",
    "as_jsonl",
    "as_markdown",
    "as_text",
    "by_article",
    "cited",
    "claim_records",
    "differ",
    "digest_note",
    "doubts",
    "file_name",
    "headed",
    "marked_words",
    "opening",
    "quote_records",
    "read_row",
    "read_saved",
    "row_bytes",
    "saved",
    "summary_row",
    "unmarked",
    "without_folders",
    "without_unsupported",
    "write_rows",
]
