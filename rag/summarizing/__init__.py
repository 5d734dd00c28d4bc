"""Summaries of one or several articles, headlines, and digests of many articles."""
