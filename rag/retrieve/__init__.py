"""Find the passages that a question should be answered from, and the articles on a subject. Floor 3.

BM25 and dense search each rank the chunks that the filters admit, older news lower. The two
rankings are fused by reciprocal rank (Cormack, Clarke & Büttcher 2009); to that is added how much
of the question stands together in a single sentence of the chunk, for that is where news answers
it. A cross-encoder may reorder the result.
"""

from rag.retrieve.articles import find, matching
from rag.retrieve.excerpts import excerpts
from rag.retrieve.passages import retrieve, within
from rag.retrieve.ranking import match_expression
from rag.retrieve.sentences import nearest_sentences
from rag.retrieve.spelling import corrected
from rag.retrieve.times import Window, time_window

__all__ = [
    "Window",
    "corrected",
    "excerpts",
    "find",
    "match_expression",
    "matching",
    "nearest_sentences",
    "retrieve",
    "time_window",
    "within",
]
