"""The frozen dataclasses passed between the packages. Imports only the errors.

Offsets are counted in Python characters (Unicode code points), start inclusive, end exclusive.
Sequences are tuples, so that every value can be hashed, shared between threads and compared.
"""

from rag.types.answers import (
    Answer,
    AnswerStatus,
    Checked,
    Claim,
    Disagreement,
    Draft,
    Found,
    Message,
    Signals,
    Span,
    Timing,
    Verdict,
)
from rag.types.articles import (
    Article,
    ArticleField,
    Chunk,
    Citation,
    Failure,
    IngestReport,
    Outcome,
    Page,
    Passage,
    Status,
)
from rag.types.findings import Finding
from rag.types.requests import Answers, Estimate, Filters, Length, Order, Question, Style, Summaries
from rag.types.summaries import Digest, Event, Source, Story, Summary

__all__ = [
    "Answer",
    "AnswerStatus",
    "Answers",
    "Article",
    "ArticleField",
    "Checked",
    "Chunk",
    "Citation",
    "Claim",
    "Digest",
    "Disagreement",
    "Draft",
    "Estimate",
    "Event",
    "Failure",
    "Filters",
    "Finding",
    "Found",
    "IngestReport",
    "Length",
    "Message",
    "Order",
    "Outcome",
    "Page",
    "Passage",
    "Question",
    "Signals",
    "Source",
    "Span",
    "Status",
    "Story",
    "Style",
    "Summaries",
    "Summary",
    "Timing",
    "Verdict",
]
