"""What the OpenAPI document says is what the server does: requests made from it, good and bad."""

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import httpx
import pytest

from rag import samples

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)

_SECONDS = 240

# A request may fit the document and still ask for what cannot be, which no JSON Schema can say: days
# that end before they begin, a text that is no article once it is cleaned, a question of which
# nothing can be seen, a chat whose last message is not the user's. That is answered with 400.
_MEANING = "positive_data_acceptance"

# Generated data may also be too large, which schemathesis does not count as a refusal.
_CONFIGURATION = """
[checks]
negative_data_rejection.expected-statuses = [400, 401, 403, 404, 405, 409, 413, 415, 422, 429]
"""


@pytest.mark.slow
@pytest.mark.parametrize("examples", [1, pytest.param(10, marks=pytest.mark.nightly)])
def test_the_server_conforms_to_its_document(
    served: "Serve", tmp_path: Path, examples: int
) -> None:
    """Every status and shape is documented, what breaks the document is refused, and none is 500."""
    from served import opened

    folder = tmp_path / "index"  # of its own, for articles are added and deleted
    with opened(folder) as news:
        news.ingest([samples.folder()])
    (tmp_path / "schemathesis.toml").write_text(_CONFIGURATION)
    one = served(folder=folder)
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "run", f"{one.url}/openapi.json"),
        *("--generation-deterministic", "--max-examples", str(examples), "--no-color"),
        *("--exclude-checks", _MEANING),
    ]
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**os.environ, "NO_PROXY": "127.0.0.1"},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-8000:] + done.stderr
    document = httpx.get(f"{one.url}/openapi.json", trust_env=False).json()
    operations = sum(map(len, document["paths"].values()))
    assert f"Tested: {operations}\n" in done.stdout
