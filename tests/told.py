"""The scripted model of the tests that watch an answer grow, and what it says of the sample news."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence

from rag.llm.prompts import REFUSAL
from rag.llm.scripted import ScriptedGenerator
from rag.text import sentences
from rag.types import Message

WHO = "Who will Blinken meet in Berlin?"
QUOTE = (
    "In Berlin on Thursday, Blinken will meet German Foreign Minister Annalena Baerbock, French"
    " Foreign Minister Jean-Yves Le Drian and a British minister."
)
TITLE = "Blinken tells Kyiv the choice between talks and war lies with Putin"
WEAK = "Blinken will meet Baerbock and Le Drian in Berlin."
INVENTED = "He will also sign a treaty with Klaus Bergmann of Austria."
THERE = "And in Geneva?"
LAVROV = "On Friday he will meet Russian Foreign Minister Sergei Lavrov in Geneva."
WHY = "Why will Tollgate Bridge close?"
BRIDGE = (
    "Tollgate Bridge, the only road crossing of the River Wend in the town, will close to all"
    " vehicles for 14 weeks, from Monday 17 October until 23 January 2023."
)
NOBODY = "What is the population of Kyiv?"
ANSWERS = {WHO: f"{QUOTE} [1]", THERE: f"{LAVROV} [1]", WHY: f"{BRIDGE} [1]"}
_HELD = 60.0  # seconds for which a model waits at most, so that no failing test hangs


def script(answers: Mapping[str, str]) -> Callable[[Sequence[Message]], str]:
    """Answers by question; a refusal to any other; the beginning of whatever is to be summarised."""

    def reply(messages: Sequence[Message]) -> str:
        asked = messages[-1].content
        if asked.startswith("Passage: ") or asked.endswith("Reply Yes or No only."):
            return "Yes."
        if "\nSummarise " in asked:
            text = asked.partition("\n")[2].partition("\n</")[0]
            return " ".join(text[start:end] for start, end in list(sentences(text))[:2])
        return answers.get(asked.rpartition("Question: ")[2].partition("\n")[0], REFUSAL)

    return reply


class Told(ScriptedGenerator):
    """The library's scripted model, which can be held between two words."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        super().__init__(script(ANSWERS if answers is None else answers))
        self.pace = 0.0  # seconds between two words
        self.said = 0  # words
        self.writing = 0  # streams that are open
        self._free = threading.Event()
        self._free.set()
        self._words = threading.Semaphore(0)

    def hold(self) -> None:
        """Say no further word until it may."""
        self._free.clear()

    def let(self, words: int) -> None:
        """Say so many more."""
        self._words.release(words)

    def go(self) -> None:
        """Say all."""
        self._free.set()

    def stream(
        self,
        messages: Sequence[Message],
        *,
        max_tokens: int,
        temperature: float = 0.0,
        seed: int = 0,
        stop: Sequence[str] = (),
    ) -> Iterator[str]:
        """As the scripted one's, each word when it may be said."""
        self.writing += 1
        try:
            for piece in super().stream(messages, max_tokens=max_tokens, stop=stop):
                self._wait()
                self.said += 1
                yield piece
        finally:
            self.writing -= 1

    def _wait(self) -> None:
        time.sleep(self.pace)
        end = time.monotonic() + _HELD
        while not self._free.is_set() and not self._words.acquire(timeout=0.02):
            if time.monotonic() > end:
                raise TimeoutError("the test has forgotten its model")
