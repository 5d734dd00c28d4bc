"""Pages invented for the tests of rag.ingest.cleaning, and the one way to make a Page of them."""

from datetime import UTC, datetime

from rag.ingest.cleaning import extract
from rag.types import Article, Page

FETCHED = datetime(2024, 5, 2, 8, 30, tzinfo=UTC)
HEADLINE = "Harbour town votes to keep its last steam ferry running"
STANDFIRST = (
    "The council of Penmarrow decided on Tuesday night, by one vote, to pay for a new boiler "
    "rather than sell the Saint Orla to a museum."
)
PARAGRAPHS = (
    "More than two hundred people had crowded into the old customs house to hear the debate, and "
    "most of them stayed until the result was read out shortly before midnight.",
    "“We were told she would be scrapped by Easter,” said Ivo Tremayne, who has worked on the boat "
    "for thirty-one years. “I went home and slept properly for once.”",
    "The boiler will cost £640,000, of which a lottery fund pays half. Opponents on the council had "
    "expected to spend the money on the sea wall, which was breached twice last winter.",
    "Engineers from a yard in Falbridge are to begin work in October. Until then, the ferry will "
    "cross the estuary six times a day instead of nine, the harbour master said.",
    "A report that is due in March will say whether the landing stages have to be rebuilt as well, "
    "and nobody in Penmarrow was ready to guess on Tuesday how it would end.",
)
CAPTION = "The Saint Orla leaves the eastern landing stage at Penmarrow on a calm morning in spring"
ABOVE = (
    "Skip to main content",
    "The Penmarrow Post",
    "Menu",
    "News",
    "Sport",
    "Tides",
    "Weather",
    "Sign in",
    "Local affairs",
)
BELOW = (
    "Morning newsletter Get the headlines of the coast in your inbox every day",
    "Keep up with the news on the go by downloading the Post app",
    "Share :",
    "Facebook Twitter WhatsApp Email",
    "Tags: ferries, Penmarrow, steam",
    "Most read",
    "Lost dog found on lighthouse rock",
    "Five cafés for a rainy day",
    "Comments (12)",
    "We use cookies to improve our site.",
    "Copyright © 2024 The Penmarrow Post. All rights reserved.",
    "Page not found",
    "The content you requested does not exist or is no longer here.",
)
PAGE_LINES = (
    *ABOVE,
    "",
    HEADLINE,
    "",
    STANDFIRST,
    "",
    CAPTION,
    f"{CAPTION} KESTREL PICTURES - DORA WINNICK",
    "By Ines Caldwell and Tom Brannagh",
    "Published: 9 April 2024 - 23:58",
    "Advertising",
    "",
    *(line for paragraph in PARAGRAPHS for line in (paragraph, "")),
    *BELOW,
)
DUMP = "\n".join(PAGE_LINES)
ONE_LINE = " ".join((f"{HEADLINE} | The Penmarrow Post", *(line for line in PAGE_LINES if line)))
CLEAN = "\n\n".join((STANDFIRST, *PARAGRAPHS))


def get(
    body: str | bytes,
    content_type: str = "text/plain",
    url: str = "file:///news/page.txt",
    fields: dict[str, str] | None = None,
) -> Article:
    """Extract from a body as a page of this type."""
    data = body.encode() if isinstance(body, str) else body
    return extract(Page(url, data, content_type, FETCHED), fields=fields)
