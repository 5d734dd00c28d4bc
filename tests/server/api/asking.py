"""Clients that ask the API: plain HTTP, and OpenAI's own."""

import json
from typing import TYPE_CHECKING, Any

import httpx

from rag.server.api import Served

if TYPE_CHECKING:
    import openai
    from openai.types.chat import ChatCompletionMessageParam

    Messages = list[ChatCompletionMessageParam]


def client(server: Served, token: str = "") -> httpx.Client:
    """Plain HTTP without the proxies of the environment; certificates, slow to load, are not needed."""
    headers = {"authorization": f"Bearer {token}"} if token else {}
    return httpx.Client(
        base_url=server.url, trust_env=False, verify=False, timeout=20, headers=headers
    )


def of(server: Served, token: str = "none") -> "openai.OpenAI":
    """OpenAI's client, which asks once."""
    import openai  # loads slowly

    plain = openai.DefaultHttpxClient(trust_env=False, verify=False, timeout=20)
    return openai.OpenAI(
        base_url=f"{server.url}/v1", api_key=token, max_retries=0, http_client=plain
    )


def events(text: str) -> list[tuple[str, Any]]:
    """Server-sent events as pairs of their name and their data."""
    parts = (dict(line.split(": ", 1) for line in each.splitlines()) for each in text.split("\n\n"))
    return [(each["event"], json.loads(each["data"])) for each in parts if each]


def user(text: str) -> "Messages":
    """A chat of one question."""
    return [{"role": "user", "content": text}]
