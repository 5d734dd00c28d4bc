"""The main sentences of an article: its opening, and what it comes back to."""

from rag.summarizing.main_sentences import main_sentences

OPENING = "The council of Harrow voted on Monday to close the old ferry."
ASIDE = "A brass band from Pengarth played two marches in the rain."
AGAIN = "The old ferry of Harrow will close in June, the council said."
MAYOR = "Mayor Ida Fenn spoke for the ferry and was not heard."
TEXT = f"{OPENING} {MAYOR} Wilma Troost brought sandwiches for everybody. {ASIDE} {AGAIN} Hurrah."


def ordered(text: str) -> list[str]:
    return [text[start:end] for start, end in main_sentences(text)]


def test_the_opening_comes_first_then_what_shares_its_words() -> None:
    found = ordered(TEXT)
    assert found[0] == OPENING
    assert found.index(AGAIN) < found.index(ASIDE)


def test_sentences_of_a_few_words_tell_nothing() -> None:
    assert "Hurrah." not in ordered(TEXT)


def test_only_the_top_of_a_long_text_is_looked_at() -> None:
    text = " ".join(f"Ferry number {n} left the harbour of Harrow at noon." for n in range(200))
    assert max(end for _, end in main_sentences(text)) < len(text) // 4


def test_texts_without_sentences_have_none() -> None:
    assert main_sentences("") == ()
    assert main_sentences("?! ...") == ()
