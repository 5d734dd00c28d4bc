import hashlib
import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from rag.errors import ModelError
from rag.index.embedding import HashEmbedder, SentenceTransformerEmbedder

ROOT = Path(__file__).resolve().parent.parent
TEXTS = [
    "The mayor opened the new bridge over the river on Monday.",
    "Shares fell.",
    "The council voted to close three schools, citing the falling number of pupils. " * 6,
    "",
    "A crowd watched the new bridge being opened by the mayor.",
]


@pytest.fixture(scope="module")
def minilm(minilm_path: Path) -> SentenceTransformerEmbedder:
    return SentenceTransformerEmbedder(minilm_path, identity="all-minilm-l6-v2", batch_size=2)


def test_hashed_vectors_are_unit_float32_and_always_the_same() -> None:
    vectors = HashEmbedder().encode_documents(TEXTS)
    assert vectors.shape == (5, 256)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-6)
    rounded = np.round(vectors * 1e4).astype("<i4").tobytes()
    # Pinned: an index that was built with this embedder must stay usable.
    assert hashlib.sha256(rounded).hexdigest()[:16] == "8ab2be1b379954cf"


def test_hashed_vectors_of_like_texts_are_near() -> None:
    bridge, shares, schools, _, again = HashEmbedder().encode_queries(TEXTS)
    assert bridge @ again > 0.5 > max(abs(bridge @ shares), abs(shares @ schools))


def test_no_texts_give_an_empty_matrix() -> None:
    embedder = HashEmbedder(64)
    assert embedder.encode_documents([]).shape == (0, 64)
    assert embedder.identity == "hash-64"


def test_a_folder_that_is_no_model(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="is not a sentence-transformers folder"):
        SentenceTransformerEmbedder(tmp_path, identity="x")


def test_the_dimension_of_a_last_dense_layer_counts(tmp_path: Path) -> None:
    modules = [
        {"path": "", "type": "sentence_transformers.models.Transformer"},
        {"path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
        {"path": "2_Dense", "type": "sentence_transformers.models.Dense"},
    ]
    (tmp_path / "2_Dense").mkdir()
    (tmp_path / "config.json").write_text('{"hidden_size": 768}')
    (tmp_path / "modules.json").write_text(json.dumps(modules))
    (tmp_path / "2_Dense" / "config.json").write_text('{"out_features": 128}')
    assert SentenceTransformerEmbedder(tmp_path, identity="x").dimension == 128


@pytest.mark.slow
def test_a_torn_model_is_a_plain_error(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text('{"hidden_size": 384, "model_type": "bert"}')
    (tmp_path / "model.safetensors").write_bytes(b"torn")
    with pytest.raises(ModelError, match=r"the embedder in .* cannot be loaded"):
        SentenceTransformerEmbedder(tmp_path, identity="x").load()


@pytest.mark.slow
def test_the_model_gives_unit_vectors_in_input_order(minilm: SentenceTransformerEmbedder) -> None:
    vectors = minilm.encode_documents(TEXTS)
    assert vectors.shape == (5, minilm.dimension) == (5, 384)
    assert vectors.dtype == np.float32
    assert np.allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    alone = np.vstack([minilm.encode_queries([text]) for text in TEXTS])
    assert np.allclose(vectors, alone, atol=5e-3)  # documents may be computed in bfloat16
    assert minilm.encode_documents([]).shape == (0, 384)


@pytest.mark.slow
def test_the_model_knows_what_is_alike(minilm: SentenceTransformerEmbedder) -> None:
    documents = minilm.encode_documents(TEXTS)
    (question,) = minilm.encode_queries(["Who inaugurated the bridge?"])
    assert set(np.argsort(documents @ question)[-2:]) == {0, 4}


@pytest.mark.slow
def test_threads_may_share_the_model(minilm: SentenceTransformerEmbedder) -> None:
    want = minilm.encode_queries(TEXTS[:2])
    wrong: list[object] = []

    def work(number: int) -> None:
        try:
            for turn in range(5):
                long = "long words " * (number * 7 + turn)
                got = minilm.encode_documents([*TEXTS[:2], long])
                if not np.allclose(got[:2], want, atol=5e-3):
                    wrong.append(got)
        except Exception as error:  # noqa: BLE001 - asserted below
            wrong.append(error)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.slow
def test_no_socket_is_opened_and_nothing_is_printed(minilm_path: Path) -> None:
    program = (
        "import sys, socket, pathlib\n"
        "def no(*_): raise SystemExit('asked the network')\n"
        "socket.socket.connect = socket.getaddrinfo = no\n"
        "from rag.index.embedding import SentenceTransformerEmbedder as E\n"
        "e = E(pathlib.Path(sys.argv[1]), identity='m')\n"
        "e.encode_queries(['a question'])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(minilm_path)],
        capture_output=True, text=True, cwd=ROOT, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
