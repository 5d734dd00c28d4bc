"""Vector search: a FAISS index that can always be rebuilt from the store.

Exact inner product below :data:`EXACT_BELOW` vectors, HNSW above (Malkov & Yashunin 2018). The
file is written under a temporary name, synced and renamed; a digest in the store's meta table
detects a truncated or foreign file. It need not be the newest: numbers are never reused, so what
was added and deleted since is known by comparing numbers.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from rag.files import replacing

if TYPE_CHECKING:
    import faiss

EXACT_BELOW = 50_000
_Numbers = npt.NDArray[np.int64]
_Vectors = npt.NDArray[np.float32]
_NONE: _Numbers = np.empty(0, np.int64)


class Vectors:
    """Unit vectors by chunk number; search returns inner products, that is cosines.

    A FAISS index as it was built, vectors added since, searched exactly, and the numbers of those
    deleted since. It never changes, so threads may search it while another builds its successor.
    """

    def __init__(
        self,
        index: "faiss.IndexIDMap2",
        dimension: int,
        added: tuple[_Numbers, _Vectors] | None = None,
        deleted: _Numbers | None = None,
    ) -> None:
        """Wrap a FAISS index with ids; use :meth:`build` or :meth:`read`."""
        self._index = index
        self.dimension = dimension
        self._added = added or (_NONE, np.empty((0, dimension), np.float32))
        self._deleted = _NONE if deleted is None else deleted

    @classmethod
    def build(
        cls, batches: Iterable[tuple[_Numbers, _Vectors]], *, dimension: int, total: int
    ) -> "Vectors":
        """Build from batches of (numbers (n,), vectors (n, dimension)); ``total`` sets the kind."""
        import faiss

        kind = "IDMap2,Flat" if total < EXACT_BELOW else "IDMap2,HNSW32,Flat"
        index = faiss.index_factory(dimension, kind, faiss.METRIC_INNER_PRODUCT)
        if total >= EXACT_BELOW:
            faiss.downcast_index(index.index).hnsw.efConstruction = 80
        for numbers, vectors in batches:
            index.add_with_ids(np.ascontiguousarray(vectors, dtype=np.float32), numbers)
        return cls(index, dimension)

    @classmethod
    def read(cls, path: Path, *, digest: str, dimension: int) -> "Vectors | None":
        """Read an index file; return None if it is missing, truncated or not that of ``digest``."""
        import faiss

        try:
            if _digest(path) != digest:
                return None
            index = faiss.read_index(str(path))
        except (OSError, RuntimeError):
            return None
        return cls(index, dimension) if index.d == dimension else None

    def write(self, path: Path) -> str:
        """Write to a temporary file, sync, rename; return the digest. Raises OSError on failure."""
        import faiss

        with replacing(path) as beside:
            try:
                faiss.write_index(self._index, str(beside))
            except RuntimeError as error:  # how FAISS reports a full disk
                reason = str(error).rpartition("(")[2].rstrip(")")
                raise OSError(
                    f"the vectors could not be written to {path.name}: {reason}"
                ) from error
            return _digest(beside)

    @property
    def last(self) -> int:
        """The highest number that this knows of; 0 if there is none."""
        return int(max(self._built().max(initial=0), self._added[0].max(initial=0)))

    def extended(self, batches: Iterable[tuple[_Numbers, _Vectors]]) -> "Vectors":
        """Return this with batches of (numbers (n,), vectors (n, dimension)) above ``last``."""
        numbers, vectors = map(np.concatenate, zip(self._added, *batches, strict=True))
        return Vectors(self._index, self.dimension, (numbers, vectors), self._deleted)

    def only(self, numbers: _Numbers) -> "Vectors":
        """Return this without the vectors whose numbers are not among these."""
        added, vectors = self._added
        kept = np.isin(added, numbers)
        deleted = np.setdiff1d(self._built(), numbers)
        return Vectors(self._index, self.dimension, (added[kept], vectors[kept]), deleted)

    def differing(self, batches: Iterable[tuple[_Numbers, _Vectors]]) -> int:
        """Count the vectors of the FAISS index that differ from those of the same number."""
        import faiss

        built, flat = self._built(), faiss.downcast_index(self._index.index)
        order = np.argsort(built)
        differing = 0
        for numbers, vectors in batches:
            known = np.isin(numbers, built)
            places = order[np.searchsorted(built, numbers[known], sorter=order)]
            if len(places):
                found = flat.reconstruct_batch(places)
                differing += int((found != vectors[known]).any(axis=1).sum())
        return differing

    def search(
        self, query: _Vectors, *, limit: int, among: _Numbers | None = None
    ) -> list[tuple[int, float]]:
        """Return (chunk number, cosine) best first.

        Args:
            query: shape (dimension,), unit length.
            limit: at most this many results.
            among: if given, only these numbers, ascending, may be found; the filter works inside
                the search, so a narrow one still gives ``limit`` results if that many match.
        """
        if among is not None and not len(among):
            return []
        numbers, vectors = self._added
        if among is not None:
            admitted = np.isin(numbers, among)
            numbers, vectors = numbers[admitted], vectors[admitted]
        found = self._search_built(query, limit, among)
        if len(numbers):
            found += zip(numbers.tolist(), (vectors @ query.ravel()).tolist(), strict=True)
            found.sort(key=lambda each: -each[1])
        return found[:limit]

    def _search_built(
        self, query: _Vectors, limit: int, among: _Numbers | None
    ) -> list[tuple[int, float]]:
        import faiss

        hnsw = "HNSW" in type(faiss.downcast_index(self._index.index)).__name__
        if hnsw and among is not None and len(among) <= EXACT_BELOW:
            return self._among(query, limit, among)
        # Named here so that they outlive the search, whatever reference FAISS holds to them.
        batch = faiss.IDSelectorBatch(self._deleted if among is None else among)
        selector = faiss.IDSelectorNot(batch) if among is None else batch
        parameters = faiss.SearchParametersHNSW() if hnsw else faiss.SearchParameters()
        if among is not None or len(self._deleted):
            parameters.sel = selector
        if hnsw:
            parameters.efSearch = max(128, 2 * limit)
        scores, numbers = self._index.search(
            np.ascontiguousarray(query.reshape(1, -1), dtype=np.float32), limit, params=parameters
        )
        return [
            (int(number), float(score))
            for number, score in zip(numbers[0], scores[0], strict=True)
            if number >= 0
        ]

    def _among(self, query: _Vectors, limit: int, among: _Numbers) -> list[tuple[int, float]]:
        """Search a subset exactly: HNSW walks by nearness and never reaches a few far vectors."""
        import faiss

        numbers = self._built()
        places = np.flatnonzero(np.isin(numbers, among))
        scores = faiss.downcast_index(self._index.index).reconstruct_batch(places) @ query.ravel()
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(int(numbers[places[row]]), float(scores[row])) for row in best]

    def _built(self) -> _Numbers:
        """Return the numbers in the FAISS index."""
        import faiss

        return np.asarray(faiss.vector_to_array(self._index.id_map), dtype=np.int64)

    def __len__(self) -> int:
        return int(self._index.ntotal) - len(self._deleted) + len(self._added[0])


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
