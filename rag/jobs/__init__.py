"""Jobs of many items that survive anything.

A :class:`JobTable` is a folder with an SQLite file. A job has a name, a :class:`Fingerprint` of
what decides its rows, and items in input order; :meth:`JobTable.open` begins it or goes on with
it, :func:`run` works on it, in as many processes as there are, and no item is done twice. What a
killed process had in work is taken up again at once, by whoever looks next. What the work is, is
a callable from text to text: this room knows nothing of articles and models.
"""

from rag.jobs.fingerprint import Fingerprint
from rag.jobs.items import Item, Result, Status
from rag.jobs.job import Job
from rag.jobs.output import Output, job_folder
from rag.jobs.run import Progress, Work, run
from rag.jobs.table import JobTable

__all__ = [
    "Fingerprint",
    "Item",
    "Job",
    "JobTable",
    "Output",
    "Progress",
    "Result",
    "Status",
    "Work",
    "job_folder",
    "run",
]
