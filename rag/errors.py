"""Every error that the library raises on purpose, in one tree.

A message says what was seen, what was expected and what to do about it. Having no answer is not
an error: see ``Answer.refused``.

RagError
├── ConfigError        a key or value of the configuration is invalid
├── SourceError        a file, folder or stream cannot be read as news
│   └── FetchError     a web address returned no usable page, or must not be requested
├── ExtractError       no article was found in a page
├── QuestionError      a question is empty or far too long
│   └── NoArticles     there is no article that it could be answered from
├── SavedError         an answer saved outside the process cannot be read back
├── IndexProblem       an index is missing, damaged, busy or built for something else
│   ├── IndexMissing   there is no index at the given place
│   ├── IndexBusy      another process is writing to the index
│   └── EmbedderMismatch   the index was built with another embedder or dimension
├── JobProblem         a batch job cannot be started, stored or resumed
│   ├── JobUnknown     there is no job of this name
│   └── JobChanged     a job was started with another input or configuration
├── ArticleUnknown     no article of the index has this id
├── Cancelled          the work was stopped by whoever started it
└── ModelError         a model cannot be found, fetched, verified or run
    ├── ModelMissing   the model's file is not on this machine
    ├── DigestMismatch the bytes do not match the catalogue
    └── GenerateError  the engine or server failed while generating
        └── PromptTooLong  the prompt does not fit the model's context
"""


class RagError(Exception):
    """The root: catch this to catch everything that the library raises on purpose."""


class ConfigError(RagError):
    """A key or value of the configuration is invalid."""


class SourceError(RagError):
    """A file, folder or stream cannot be read as news."""


class FetchError(SourceError):
    """A web address returned no usable page, or must not be requested."""


class ExtractError(RagError):
    """No article was found in a page."""


class QuestionError(RagError):
    """A question is empty or far too long."""


class NoArticles(QuestionError):
    """There is no article that a question could be answered from."""

    def __init__(self, held: int, *, unknown: str = "", publishers: str = "") -> None:
        """Build the message.

        Args:
            held: number of articles of the index, none of which the filter admits.
            unknown: a publisher of the filter that no article is from.
            publishers: the known ones nearest to it.
        """
        super().__init__(
            "the index has no articles yet. Add some first, for example with rag ingest."
            if not held
            else f"none of the {held:,} articles is from {unknown!r}. Known publishers: {publishers}."
            if unknown
            else f"none of the {held:,} articles matches these dates and publishers. Widen the filter."
        )


class SavedError(RagError):
    """An answer saved outside the process cannot be read back."""


class IndexProblem(RagError):
    """An index is damaged or cannot be used."""


class IndexMissing(IndexProblem):
    """There is no index at the given place."""


class IndexBusy(IndexProblem):
    """Another process is writing to the index."""


class EmbedderMismatch(IndexProblem):
    """The index was built with another embedder or dimension than the one in use."""


class JobProblem(RagError):
    """A batch job cannot be started, stored or resumed."""


class JobUnknown(JobProblem):
    """There is no job of this name."""


class JobChanged(JobProblem):
    """A job was started with another input or configuration than it should resume with."""


class ArticleUnknown(RagError):
    """No article of the index has this id."""


class Cancelled(RagError):
    """The work was stopped by whoever started it; see :mod:`rag.llm.cancelling`."""


class ModelError(RagError):
    """A model cannot be found, fetched, verified or run."""


class ModelMissing(ModelError):
    """The model's file is not on this machine."""


class DigestMismatch(ModelError):
    """The bytes do not match the catalogue."""


class GenerateError(ModelError):
    """The engine or server failed while generating."""


class PromptTooLong(GenerateError):
    """The prompt does not fit the model's context."""
