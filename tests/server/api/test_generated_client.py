"""A client generated from the OpenAPI document (`pip install openapi-python-client`) asks the server."""

import importlib
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from scripted_model import QUOTE, TITLE, WHO

if TYPE_CHECKING:
    from served import Serve

pytest_plugins = ("served",)

_GENERATE = "from openapi_python_client.cli import app; app()"


@pytest.mark.filterwarnings("ignore::SyntaxWarning")  # of the generated files
@pytest.mark.slow
def test_a_generated_client_asks_and_searches(
    served: "Serve", tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("openapi_python_client")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server = served()
    made = subprocess.run(
        [
            *(sys.executable, "-c", _GENERATE, "generate", "--url", f"{server.url}/openapi.json"),
            *("--meta", "none", "--output-path", str(tmp_path / "generated")),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stderr
    assert "WARNING" not in made.stdout + made.stderr  # an operation that was left out
    monkeypatch.syspath_prepend(tmp_path)
    models = importlib.import_module("generated.models")
    client = importlib.import_module("generated").Client(base_url=server.url)
    ask = importlib.import_module("generated.api.news.ask_ask")
    answer = ask.sync(client=client, body=models.AskRequest(question=WHO))
    assert answer.text == f"{QUOTE} [1]"
    assert answer.citations[0].title == TITLE
    respond = importlib.import_module("generated.api.open_ai.respond_v1responses")
    reply = respond.sync(client=client, body=models.ResponseRequest(input_=WHO))
    assert reply.output[0].content[0].text == answer.text
    search = importlib.import_module("generated.api.news.search_search")
    refused = search.sync_detailed(client=client, body=models.SearchRequest(query=" "))
    assert refused.status_code == 400
    assert refused.parsed.error.message
