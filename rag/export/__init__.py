"""Answers, summaries and digests for other programs and for people. Floor 1.

As JSON (:func:`as_json`), as Markdown (:func:`as_markdown`), as a table of many summaries
(:func:`as_jsonl`, :func:`as_csv`), and short enough to be kept in a browser (:func:`saved`).
"""

from rag.export.digests import told
from rag.export.markdown import as_markdown
from rag.export.saved import SavedAnswer, read_saved, saved
from rag.export.summaries import as_csv, as_jsonl, summary_rows
from rag.export.values import as_json

__all__ = [
    "SavedAnswer",
    "as_csv",
    "as_json",
    "as_jsonl",
    "as_markdown",
    "read_saved",
    "saved",
    "summary_rows",
    "told",
]
