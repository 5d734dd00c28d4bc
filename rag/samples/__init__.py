"""Sample news to try the system on: 21 articles by invented publishers, in five formats.

``README.md`` beside this file lists them. The articles have a folder of their own, so that
ingesting it reads nothing else.
"""

from pathlib import Path


def folder() -> Path:
    """The directory that holds the sample articles, and nothing else."""
    return Path(__file__).parent / "news"
