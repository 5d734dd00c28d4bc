"""Find the passages that a question should be answered from, and the articles on a subject.

BM25 and dense search each rank the chunks that the filters admit, older news lower. The two
rankings are fused by reciprocal rank (Cormack, Clarke & Büttcher 2009). To this is added the share
of the question contained in a single sentence of the chunk, because that is where news answers it.
A cross-encoder may reorder the result.
"""

from rag.search.articles import any_word, find, matching
from rag.search.excerpts import excerpts
from rag.search.first_look import nearest_sentences
from rag.search.passages import retrieve, within
from rag.search.ranking import Weights, match_expression
from rag.search.spelling import corrected
from rag.search.time_window import Window, time_window

__all__ = [
    "Weights",
    "Window",
    "any_word",
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
