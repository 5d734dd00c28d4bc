"""Digest of many articles: each story is written once, with evidence.

Articles are grouped into stories without a language model
(:mod:`rag.summarizing.digest.cluster`): by their vectors, their shared names and figures, and the
days between them. Copies count once. The model writes the most important stories, and every
sentence is checked as in answers. What changed from day to day
(:mod:`rag.summarizing.digest.timeline`) and where the articles disagree
(:mod:`rag.summarizing.digest.disagree`) are sentences of the articles, found by rules.
"""

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Generator as Stream

from rag.check import Checker
from rag.llm import Generator
from rag.summarizing.digest.cluster import Vectors, clusters
from rag.summarizing.digest.story import StoryWriter
from rag.summarizing.drafts import writer
from rag.types import Article, Digest, Draft, Story

Progress = Callable[[int, int], None]


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
    """Yield drafts of each story, then the finished story, and finally the Digest of all.

    Closing the iterator stops the model.

    Args:
        articles: the articles; those without text, and so without vectors, are ignored.
        vectors: chunk vectors by article id, float32 (chunks, dimension), unit length.
        generator: the model that writes.
        checker: checks its sentences.
        query: topic of the digest; saved in the Digest, not otherwise used.
        matching: number of articles that these were chosen from, if larger; saved in the Digest.
        stories: maximum number of stories to write.
        sentences_wanted: maximum number of sentences per story.
        tokens: maximum tokens of sources in one prompt.
        progress: called with (stories done, stories that will be written).

    Raises:
        GenerateError: if the engine fails.
    """
    drafts = writer(generator, sentences_wanted)
    story_writer = StoryWriter(drafts, sentences_wanted, tokens, checker)
    report = progress or (lambda *_: None)
    found = clusters([article for article in articles if article.id in vectors], vectors)
    chosen = found[:stories]
    written: list[Story] = []
    report(0, len(chosen))
    for cluster in chosen:
        story = yield from story_writer.write(cluster)
        written.append(story)
        report(len(written), len(chosen))
        yield story
    yield Digest(
        query=query,
        stories=tuple(written),
        articles=len(articles),
        copies=sum(len(same) for cluster in found for same in cluster.copies),
        found=len(found),
        model=generator.identity,
        timing=drafts.timing,
        matching=max(matching, len(articles)),
    )
