"""Crash-safe batch jobs of many items.

A :class:`JobTable` is a folder with an SQLite file. A job has a name, a :class:`Fingerprint` of
everything that determines its rows, and items in input order. :meth:`JobTable.open` creates or
resumes a job, and :func:`run` processes it in any number of processes; no item is processed twice.
Items claimed by a process that was killed become available as soon as another worker checks. The
work itself is a callable from text to text: this package knows nothing about articles or models.
"""

from rag.jobs.fingerprint import Fingerprint
from rag.jobs.items import Item, Result, Status
from rag.jobs.job import Job
from rag.jobs.run import Progress, Work, run
from rag.jobs.table import JobTable, job_folder

__all__ = [
    "Fingerprint",
    "Item",
    "Job",
    "JobTable",
    "Progress",
    "Result",
    "Status",
    "Work",
    "job_folder",
    "run",
]
