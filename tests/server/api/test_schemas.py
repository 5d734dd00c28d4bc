"""The API's replies have the same fields as the library's values, and as their JSON elsewhere."""

from dataclasses import fields

import pytest
from pydantic import BaseModel

from rag.server.api.digests import DigestReply, EventReply, SourceReply, StoryReply
from rag.server.api.schemas import CitationReply, ClaimReply, DisagreementReply, TimingReply
from rag.types import Citation, Claim, Digest, Disagreement, Event, Source, Story, Timing


@pytest.mark.parametrize(
    ("reply", "value"),
    [
        (CitationReply, Citation),
        (ClaimReply, Claim),
        (DisagreementReply, Disagreement),
        (TimingReply, Timing),
        (DigestReply, Digest),
        (StoryReply, Story),
        (SourceReply, Source),
        (EventReply, Event),
    ],
)
def test_replies_have_the_fields_of_the_librarys_values(
    reply: type[BaseModel], value: type[Citation]
) -> None:
    assert set(reply.model_fields) == {field.name for field in fields(value)}


def test_local_files_have_no_url_and_scores_are_valid_json() -> None:
    citation = Citation(1, "a", "file:///etc/passwd", "T", "P", None, "q", 0, 1)
    found = ClaimReply.model_validate(Claim("q", (citation,), score=0.123456))
    assert found.citations[0].url == ""
    assert found.score == 0.1235
