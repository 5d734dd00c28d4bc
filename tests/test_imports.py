"""What may import what, and what importing loads: `lint-imports` reads the plan in pyproject.toml."""

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "rag").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
HEAVY = frozenset(
    "torch transformers sentence_transformers faiss xllamacpp trafilatura httpx huggingface_hub "
    "snowballstemmer gguf accelerate gradio matplotlib pip rouge_score pyarrow scipy spacy thinc".split()
)
WEB = frozenset("fastapi starlette uvicorn prometheus_client".split())
PICKLES = frozenset("pickle cPickle _pickle dill cloudpickle joblib shelve marshal".split())
_IMPORT = re.compile(r"^( *)(?:import|from) (\w+)", re.M)
# Whatever is not plainly False may let a file run code of its own.
_TRUSTED = re.compile(r"\b(?:allow_pickle|trust_remote_code|shell)\s*=(?!=)\s*(?!False\b)")
_RUNS = re.compile(
    r"\b(?:torch\.load|yaml\.load|os\.system|os\.popen|read_pickle)\(|(?<![.\w])(?:eval|exec)\("
)
# FAISS trusts the sizes that a file names, so only files whose digest was checked are read.
_VECTORS = re.compile(r"\b(?:read_index|deserialize_index|read_VectorTransform)\w*\(")
# Modules of the page that `rag ui` needs before it loads Gradio.
BEFORE_GRADIO = "guard login offline serve uploads".split()


@cache
def source(path: Path) -> str:
    """The text of a file; several tests read all of them."""
    return path.read_text(encoding="utf-8")


def imported(path: Path, *, early: bool = False) -> set[str]:
    """The top-level packages that a file imports: anywhere, or only those of its first level."""
    return {name for indent, name in _IMPORT.findall(source(path)) if not (early and indent)}


def loaded_by(*steps: list[str]) -> list[set[str]]:
    """The top-level packages that are loaded after each step of imports in one new process."""
    show = "print(*{name.split('.')[0] for name in sys.modules})"
    code = "\n".join(["import sys", *(f"import {', '.join(step)}; {show}" for step in steps)])
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return [set(line.split()) for line in done.stdout.splitlines()]


def modules_of(*folders: str) -> list[str]:
    """The dotted names of all modules below some folders, the commands left out."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names if "__main__" not in name)


def test_imports_go_down_the_layers() -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_loads_nothing_heavy() -> None:
    names = [name for name in modules_of("rag") if not name.startswith("rag.server.api")]
    below = [name for name in names if not name.startswith("rag.cli")]
    page = [f"app.{name}" for name in BEFORE_GRADIO]
    public, library, commands, server = loaded_by(["rag"], below, names, page)
    assert "rag" in public
    assert not public & {"numpy", "pydantic", "rich", "typer", "sqlite3"}
    assert not library & {"rich", "typer"}
    assert not commands & {"app"}
    assert not server & (HEAVY | WEB)


def test_of_heavy_libraries_the_page_loads_gradio_alone() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        assert not imported(path, early=True) & ((HEAVY | WEB) - {"gradio"}), path


def test_only_the_command_knows_the_page_and_only_the_page_knows_gradio() -> None:
    for path in (ROOT / "rag").rglob("*.py"):
        found = imported(path)
        assert "gradio" not in found, path
        assert "app" not in found or "cli" in path.parts, path


def test_packages_below_the_settings_read_none() -> None:
    for path in (ROOT / "rag").rglob("*.py"):
        if (
            not {"cli", "server", "evals", "library"} & set(path.parts)
            and "config" not in path.parts
        ):
            assert "BaseModel" not in source(path), path


def test_no_file_is_run_as_code() -> None:
    for path in [*FILES, *(ROOT / "benchmarks").rglob("*.py")]:
        assert not imported(path) & PICKLES, path
        assert not _TRUSTED.search(source(path)), path
        assert not _RUNS.search(source(path)), path
        assert not _VECTORS.search(source(path)) or path.name == "vectors.py", path


def test_public_names_are_true_and_few() -> None:
    import rag

    assert len(rag.__all__) == len(set(rag.__all__)) <= 12
    for name in rag.__all__:
        assert getattr(rag, name) is not None
    defined = {name for name in vars(rag) if not name.startswith("_")}
    modules = {path.stem for path in (ROOT / "rag").iterdir()}
    assert defined - modules - {"TYPE_CHECKING"} <= set(rag.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = rag.nonsense
