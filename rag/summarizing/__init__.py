"""Summaries of one article or several, headlines, and digests of many."""
