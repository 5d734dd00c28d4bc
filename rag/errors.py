"""Every error that the library raises on purpose, in one tree.

A message says what was seen, what was wanted and what to do about it. Having no answer is not
an error: see ``Answer.refused``.

RagError
├── ConfigError        a key or value of the configuration cannot be used
├── SourceError        a file, folder or stream cannot be read as news
│   └── FetchError     a web address did not give a usable page, or must not be asked
├── ExtractError       a page holds no article that could be found
├── QuestionError      a question is empty or far too long
│   └── NoArticles     there is no article that it could be answered from
├── SavedError         an answer that was kept outside cannot be read again
├── IndexProblem       an index is missing, damaged, busy or made for something else
│   ├── IndexMissing   there is no index where one was asked for
│   ├── IndexBusy      another process is writing to the index
│   └── EmbedderMismatch   the index was built with another embedder or dimension
├── JobProblem         a batch job cannot be begun, stored or gone on with
│   ├── JobUnknown     there is no job of this name
│   └── JobChanged     a job was begun with another input or configuration
├── ArticleUnknown     no article of the index has this id
└── ModelError         a model cannot be found, fetched, verified or run
    ├── ModelMissing   the model's file is not on this machine
    ├── DigestMismatch the bytes are not those that the catalogue names
    └── GenerateError  the engine or server failed while writing
        └── PromptTooLong  the model cannot hold what it was to read
"""


class RagError(Exception):
    """The root: catch this to catch everything that the library raises on purpose."""


class ConfigError(RagError):
    """A key or value of the configuration cannot be used."""


class SourceError(RagError):
    """A file, folder or stream cannot be read as news."""


class FetchError(SourceError):
    """A web address did not give a usable page, or must not be asked."""


class ExtractError(RagError):
    """A page holds no article that could be found."""


class QuestionError(RagError):
    """A question is empty or far too long."""


class NoArticles(QuestionError):
    """There is no article that a question could be answered from."""

    def __init__(self, held: int) -> None:
        """``held``: articles of the index, of which the filter of the question admits none."""
        super().__init__(
            f"none of the {held:,} articles lies within these days and publishers. Widen the filter."
            if held
            else "the index holds no articles yet, so nothing can be asked. Add some first, such as"
            " with rag ingest."
        )


class SavedError(RagError):
    """An answer that was kept outside the process cannot be read again."""


class IndexProblem(RagError):
    """An index is damaged or cannot be used."""


class IndexMissing(IndexProblem):
    """There is no index where one was asked for."""


class IndexBusy(IndexProblem):
    """Another process is writing to the index."""


class EmbedderMismatch(IndexProblem):
    """The index was built with another embedder than the one in use."""


class JobProblem(RagError):
    """A batch job cannot be begun, stored or gone on with."""


class JobUnknown(JobProblem):
    """There is no job of this name."""


class JobChanged(JobProblem):
    """A job was begun with another input or configuration than it is to go on with."""


class ArticleUnknown(RagError):
    """No article of the index has this id."""


class ModelError(RagError):
    """A model cannot be found, fetched, verified or run."""


class ModelMissing(ModelError):
    """The model's file is not on this machine."""


class DigestMismatch(ModelError):
    """The bytes are not those that the catalogue names."""


class GenerateError(ModelError):
    """The engine or server failed while writing."""


class PromptTooLong(GenerateError):
    """The model cannot hold what it was to read."""
