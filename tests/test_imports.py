"""What may import what, and what importing loads: `lint-imports` reads the plan in pyproject.toml."""

import ast
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FILES = sorted([*(ROOT / "rag").rglob("*.py"), *(ROOT / "app").rglob("*.py")])
HEAVY = frozenset(
    "torch transformers sentence_transformers faiss xllamacpp trafilatura httpx huggingface_hub "
    "snowballstemmer gguf accelerate gradio matplotlib rouge_score pyarrow scipy spacy thinc".split()
)
WEB = frozenset("fastapi starlette uvicorn prometheus_client".split())
PICKLES = frozenset("pickle cPickle _pickle dill cloudpickle joblib shelve marshal".split())
# Modules of the page that `rag ui` needs before it loads Gradio.
BEFORE_GRADIO = "guard login offline serve uploads".split()


@cache
def parsed(path: Path) -> ast.Module:
    """The syntax tree of a file; several tests read all of them."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def loaded_by(*modules: str) -> set[str]:
    """The top-level packages that are loaded when these modules are imported in a new process."""
    code = (
        f"import sys, {', '.join(modules)}; print(*{{name.split('.')[0] for name in sys.modules}})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    return set(done.stdout.split())


def modules_of(*folders: str) -> list[str]:
    """The dotted names of all modules below some folders, the commands left out."""
    paths = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    names = (".".join(path.relative_to(ROOT).with_suffix("").parts) for path in paths)
    return sorted(name.removesuffix(".__init__") for name in names if "__main__" not in name)


def packages_in(nodes: Sequence[ast.AST]) -> set[str]:
    """The top-level packages that these statements import, also within them."""
    found = set()
    for node in (inner for each in nodes for inner in ast.walk(each)):
        if isinstance(node, ast.Import):
            found |= {name.name.split(".")[0] for name in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add((node.module or "").split(".")[0])
    return found


def test_imports_go_down_the_layers() -> None:
    lint = [sys.executable, "-c", "from importlinter.cli import lint_imports_command as run; run()"]
    done = subprocess.run(lint, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_the_library_loads_nothing_heavy() -> None:
    loaded = loaded_by("rag")
    assert "rag" in loaded
    assert not loaded & (HEAVY | WEB | {"numpy", "pydantic", "rich", "typer", "sqlite3"})


def test_heavy_libraries_wait_for_their_first_use() -> None:
    names = [name for name in modules_of("rag") if not name.startswith("rag.server.api")]
    assert not loaded_by(*names) & (HEAVY | WEB | {"app"})
    below = [name for name in names if not name.startswith("rag.cli")]
    assert not loaded_by(*below) & {"rich", "typer"}


def test_the_page_waits_for_gradio() -> None:
    assert not loaded_by(*(f"app.{name}" for name in BEFORE_GRADIO)) & (HEAVY | WEB)


def test_of_heavy_libraries_the_page_loads_gradio_alone() -> None:
    for path in (ROOT / "app").rglob("*.py"):
        body = parsed(path).body
        lazy = ast.FunctionDef | ast.ClassDef | ast.If
        early = [node for node in body if not isinstance(node, lazy)]
        assert not packages_in(early) & ((HEAVY | WEB) - {"gradio"}), path


def test_only_the_command_knows_the_page_and_only_the_page_knows_gradio() -> None:
    for path in (ROOT / "rag").rglob("*.py"):
        found = packages_in([parsed(path)])
        assert "gradio" not in found, path
        assert "app" not in found or "cli" in path.parts, path


def test_packages_below_the_settings_read_none() -> None:
    for path in (ROOT / "rag").rglob("*.py"):
        if (
            not {"cli", "server", "evals", "library"} & set(path.parts)
            and "config" not in path.parts
        ):
            assert "BaseModel" not in path.read_text(encoding="utf-8"), path


def test_no_file_unpickles_or_trusts_remote_code() -> None:
    for path in FILES:
        for node in ast.walk(parsed(path)):
            if isinstance(node, ast.Import):
                assert not {name.name.split(".")[0] for name in node.names} & PICKLES, path
            elif isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in PICKLES, path
            elif isinstance(node, ast.keyword) and node.arg in {
                "allow_pickle",
                "trust_remote_code",
            }:
                assert isinstance(node.value, ast.Constant), path
                assert node.value.value is False, path


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
