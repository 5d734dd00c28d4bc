"""One digest of many articles: the stories that they tell, each written once, with its proof.

Articles are grouped into stories without a language model (:mod:`rag.summarizing.digest.cluster`): by their
vectors, the names and figures that they share, and the days between them; copies count once. The
most important stories are written by the model, every sentence checked as in answers. What changed
from day to day (:mod:`rag.summarizing.digest.timeline`) and where the articles disagree
(:mod:`rag.summarizing.digest.disagree`) are sentences of theirs, found by rules.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Generator as Stream

from rag.check import Checker
from rag.llm import Generator
from rag.llm.progress import Writer
from rag.summarizing.digest.cluster import Vectors, clusters
from rag.summarizing.digest.story import Teller
from rag.types import Article, Digest, Draft, Story

Progress = Callable[[int, int], None]
_TOKENS_A_SENTENCE = 60


def digest(
    articles: Sequence[Article],
    vectors: Mapping[str, Vectors],
    *,
    generator: Generator,
    checker: Checker,
    query: str = "",
    matching: int = 0,
    stories: int = 5,
    sentences_wanted: int = 3,
    tokens: int = 1400,
    progress: Progress | None = None,
) -> Stream[Draft | Story | Digest, None, None]:
    """Yield each story when it is written, drafts of it before, last the Digest of all.

    Closing the iterator stops the model.

    Args:
        articles: what to make a digest of; those without text, and so without vectors, tell nothing.
        vectors: their chunks' vectors by article id, float32 (chunks, dimension), unit length.
        generator: the model that writes.
        checker: what checks its sentences.
        query: what it is about; kept in the Digest, not read.
        matching: how many articles there were to choose these from, if more; kept in the Digest.
        stories: how many are written, at most.
        sentences_wanted: how many sentences a story should have, at most.
        tokens: most tokens of sources in one prompt.
        progress: called with (stories done, stories that will be written).

    Raises:
        GenerateError: if the engine fails.
    """
    length = min(_TOKENS_A_SENTENCE * (sentences_wanted + 1), generator.context_length // 3)
    writer = Writer(generator, length)
    teller = Teller(writer, sentences_wanted, tokens, checker)
    tell = progress or (lambda *_: None)
    found = clusters([article for article in articles if article.id in vectors], vectors)
    chosen = found[:stories]
    written: list[Story] = []
    tell(0, len(chosen))
    for cluster in chosen:
        story = yield from teller.write(cluster)
        written.append(story)
        tell(len(written), len(chosen))
        yield story
    yield Digest(
        query=query,
        stories=tuple(written),
        articles=len(articles),
        copies=sum(len(same) for cluster in found for same in cluster.copies),
        found=len(found),
        model=generator.identity,
        timing=writer.timing,
        matching=max(matching, len(articles)),
    )
