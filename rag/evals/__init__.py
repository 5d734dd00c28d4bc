"""Measure the system on data sets with known answers.

``rag eval`` is the way in; see :mod:`rag.evals.run`.
"""
