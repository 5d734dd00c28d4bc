"""Measure the system on data sets with known answers.

``rag eval`` is the entry point; see :mod:`rag.evals.run`.
"""
