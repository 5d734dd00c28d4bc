"""Models by content: a catalogue lists each file's SHA-256, and any source of the bytes will do.

``load_catalogue`` reads the list, ``locate`` returns the path of a model that is ready on this
machine, ``pull`` fetches one, ``status`` reports the state of all. A model's files are in
``folder/<name>/``. Nothing is fetched unless ``pull`` is called.
"""

from rag.models.catalogue import (
    Catalogue,
    FileSource,
    HubSource,
    Kind,
    Model,
    ModelFile,
    PypiSource,
    Source,
    load_catalogue,
)
from rag.models.pull import pull
from rag.models.sources import Progress
from rag.models.store import ModelStatus, locate, status

__all__ = [
    "Catalogue",
    "FileSource",
    "HubSource",
    "Kind",
    "Model",
    "ModelFile",
    "ModelStatus",
    "Progress",
    "PypiSource",
    "Source",
    "load_catalogue",
    "locate",
    "pull",
    "status",
]
