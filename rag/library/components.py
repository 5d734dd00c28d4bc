"""Build the components named in the settings. Only this module knows engine names."""

from pathlib import Path

from rag.check import Parser, spacy_parser, word_parser
from rag.config import Settings, at_home, configs_folder
from rag.errors import ModelMissing
from rag.index.embedding import Embedder, HashEmbedder, SentenceTransformerEmbedder
from rag.llm import Generator
from rag.models import Catalogue, load_catalogue, locate
from rag.search.reranking import CrossEncoderReranker, Reranker


def catalogue() -> Catalogue:
    """Load the bundled model catalogue, ``configs/models.toml``."""
    return load_catalogue(configs_folder() / "models.toml")


def default_models(settings: Settings) -> tuple[str, ...]:
    """Return the names of the catalogue models that these settings need locally."""
    known = {model.name for model in catalogue().models}
    needed = [settings.embedder.model] if settings.embedder.engine != "hash" else []
    if settings.generator.engine != "openai":
        needed.append(settings.generator.model)
    if settings.reranker.model:
        needed.append(settings.reranker.model)
    if settings.check.parser:
        needed.append(settings.check.parser)
    return tuple(name for name in needed if name in known)


def model_path(name: str, settings: Settings) -> Path:
    """Locate the files of a model, given its catalogue name or the path of a file or folder.

    Raises:
        ModelMissing: if it is neither, or not yet on this machine.
    """
    path = at_home(name)
    known = catalogue()
    if name in {model.name for model in known.models}:
        return locate(known, name, folder=settings.models_folder)
    if path.exists():
        return path
    raise ModelMissing(
        f"there is no model {name!r}: it is neither in the catalogue (see rag models list) nor a"
        " file or folder."
    )


def build_embedder(settings: Settings) -> Embedder:
    """Build the embedder named in the settings; its model is loaded at first use."""
    chosen = settings.embedder
    if chosen.engine == "hash":
        return HashEmbedder()
    return SentenceTransformerEmbedder(
        model_path(chosen.model, settings),
        identity=chosen.model,
        device=chosen.device,
        batch_size=chosen.batch_size,
    )


def build_reranker(settings: Settings) -> Reranker | None:
    """Build the cross-encoder named in the settings, if any."""
    chosen = settings.reranker
    if not chosen.model:
        return None
    return CrossEncoderReranker(model_path(chosen.model, settings), device=chosen.device)


def build_parser(settings: Settings) -> Parser:
    """Return the dependency parser; its model is loaded at first use.

    Raises:
        ModelMissing: if it is not on this machine.
    """
    chosen = settings.check.parser
    return spacy_parser(model_path(chosen, settings)) if chosen else word_parser()


def build_generator(settings: Settings) -> Generator:
    """Build the generator named in the settings; its model is loaded at first use."""
    chosen = settings.generator
    if chosen.engine == "openai":
        from rag.llm.openai import OpenAIGenerator

        return OpenAIGenerator(
            base_url=chosen.base_url,
            model=chosen.model,
            api_key=chosen.api_key,
            context_length=chosen.context_length,
            timeout=chosen.timeout,
        )
    path = model_path(chosen.model, settings)
    if chosen.engine == "transformers":
        from rag.llm.transformers import TransformersGenerator

        return TransformersGenerator(
            path,
            identity=chosen.model,
            context_length=chosen.context_length,
            device=chosen.device,
            parallel=chosen.parallel,
        )
    from rag.llm.llamacpp import LlamaCppGenerator

    return LlamaCppGenerator(
        path,
        identity=chosen.model,
        context_length=chosen.context_length,
        threads=chosen.threads,
        gpu_layers=chosen.gpu_layers,
        parallel=chosen.parallel,
    )
