"""Measure the system on data sets with known answers. Floor 6.

``rag eval`` is the way in; see :mod:`rag.evaluate.run`.
"""
