"""Vector search: a FAISS index that can always be rebuilt from the store.

Exact inner product below :data:`EXACT_BELOW` vectors, HNSW above (Malkov & Yashunin 2018). The
file is written under a temporary name, synced and renamed; a digest in the store's meta table
detects a truncated or foreign file.
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


class Vectors:
    """Unit vectors by chunk number; search returns inner products, that is cosines."""

    def __init__(self, index: "faiss.IndexIDMap2", dimension: int) -> None:
        """Wrap a FAISS index with ids; use :meth:`build` or :meth:`read`."""
        self._index = index
        self.dimension = dimension

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
                raise OSError(f"the vectors could not be written to {path.name}") from error
            return _digest(beside)

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
        import faiss

        if among is not None and not len(among):
            return []
        hnsw = "HNSW" in type(faiss.downcast_index(self._index.index)).__name__
        if hnsw and among is not None and len(among) <= EXACT_BELOW:
            return self._among(query, limit, among)
        # Named here so that it outlives the search, whatever reference FAISS holds to it.
        selector = None if among is None else faiss.IDSelectorBatch(among)
        parameters = None
        if hnsw or selector is not None:
            parameters = faiss.SearchParametersHNSW() if hnsw else faiss.SearchParameters()
            if selector is not None:
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

        numbers = faiss.vector_to_array(self._index.id_map)
        places = np.flatnonzero(np.isin(numbers, among))
        scores = faiss.downcast_index(self._index.index).reconstruct_batch(places) @ query.ravel()
        best = np.argsort(-scores, kind="stable")[:limit]
        return [(int(numbers[places[row]]), float(scores[row])) for row in best]

    def __len__(self) -> int:
        return int(self._index.ntotal)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "blake2b").hexdigest()[:32]
