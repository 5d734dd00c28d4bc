"""A scripted model that tests can pause, and its answers about the sample news."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

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
_HELD = 60.0  # maximum seconds that a model is paused, so that failing tests do not hang


def script(answers: Mapping[str, str]) -> Callable[[Sequence[Message]], str]:
    """Reply with the answer to a known question, else a refusal; summarise by the first sentences."""

    def reply(messages: Sequence[Message]) -> str:
        prompt = messages[-1].content
        if prompt.startswith("Passage: ") or prompt.endswith("Reply Yes or No only."):
            return "Yes."
        if "\nSummarise " in prompt:
            text = prompt.partition("\n")[2].partition("\n</")[0]
            return " ".join(text[start:end] for start, end in list(sentences(text))[:2])
        return answers.get(prompt.rpartition("Question: ")[2].partition("\n")[0], REFUSAL)

    return reply


class PausableGenerator(ScriptedGenerator):
    """The library's scripted model, which can be paused between words."""

    def __init__(self, answers: Mapping[str, str] | None = None) -> None:
        super().__init__(script(ANSWERS if answers is None else answers))
        self.pace = 0.0  # seconds between words
        self.said = 0  # number of words written
        self.writing = 0  # number of open streams
        self._free = threading.Event()
        self._free.set()
        self._words = threading.Semaphore(0)

    def hold(self) -> None:
        """Pause before the next word."""
        self._free.clear()

    def let(self, words: int) -> None:
        """Allow this many more words."""
        self._words.release(words)

    def go(self) -> None:
        """Resume."""
        self._free.set()

    def stream(self, *arguments: Any, **options: Any) -> Iterator[str]:
        """Yield the scripted reply, each word when it is allowed, and samples at once."""
        if options.get("temperature"):
            yield from super().stream(*arguments, **options)
            return
        self.writing += 1
        try:
            for piece in super().stream(*arguments, **options):
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
                raise TimeoutError("the test did not resume its model")
