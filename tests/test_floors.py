"""The plan of the house, read off the syntax trees: who may import whom, and what stays outside."""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "rag"

FLOORS: tuple[tuple[str, ...], ...] = (
    ("types", "errors", "version"),
    (
        *("text", "terms", "chunk", "prompts", "cite", "dialogue", "export", "salience", "samples"),
        *("suggest", "door", "cores"),
    ),
    (
        *("batch", "fetch", "extract", "models", "embed", "rerank", "generate", "index", "check"),
        "portion",
    ),
    ("retrieve", "answer", "choose", "headline", "summarize", "digest"),
    ("config",),
    ("newsroom",),
    ("__init__", "evaluate"),
    ("cli", "__main__", "serve"),
)
# On one floor nobody knows the neighbours, but for these:
# words and sentences are what the rest of floor 1 is made of, `python -m rag` is the command, and
# the command starts the API.
NEIGHBOURS = {
    *((room, other) for room in FLOORS[1] for other in ("text", "terms") if room != other),
    ("__main__", "cli"),
    ("cli", "serve"),
}
HEAVY = frozenset(
    "torch transformers sentence_transformers faiss xllamacpp trafilatura httpx huggingface_hub "
    "snowballstemmer gguf accelerate gradio matplotlib rouge_score pyarrow scipy spacy thinc".split()
)
PICKLES = frozenset("pickle cPickle _pickle dill cloudpickle joblib shelve marshal".split())

# The web page stands beside the command, and comes in by the front door like any guest: the public
# names, the types and errors, and pure functions that say how things are written.
GUEST = ROOT / "app"
OPEN_TO_GUESTS = frozenset("__init__ types errors export samples text door".split())
# The API is a guest inside the house: it also knows how a model is asked, how claims are marked and
# where jobs are kept.
SERVE = PACKAGE / "serve"
OPEN_TO_SERVE = OPEN_TO_GUESTS | {"generate", "cite", "batch"}
WEB = frozenset("fastapi starlette uvicorn prometheus_client".split())
# These wait for `rag ui` in the command, so they are there before Gradio is.
BEFORE_GRADIO = frozenset("__init__ accounts door guard login offline serve tunnel uploads".split())

FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
MODULES = sorted(PACKAGE.rglob("*.py"))
PAGES = sorted(GUEST.rglob("*.py"))


def room_of(path: Path) -> str:
    """The room that a file belongs to: a package below rag/, or a module of rag/ itself."""
    inside = path.relative_to(PACKAGE)
    return inside.parts[0] if len(inside.parts) > 1 else inside.stem


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imported(node: ast.AST) -> Iterator[str]:
    """The dotted names that an import statement brings in, each as far as it may be a module."""
    if isinstance(node, ast.Import):
        yield from (name.name for name in node.names)
    elif isinstance(node, ast.ImportFrom):
        assert node.level == 0, f"a relative import in line {node.lineno}"
        yield from (f"{node.module}.{name.name}" for name in node.names)


def rooms_imported(path: Path) -> set[str]:
    """The rooms of the project that a file imports, anywhere in it."""
    found = set()
    for node in ast.walk(tree(path)):
        for name in imported(node):
            parts = name.split(".")
            if parts[0] == "rag":
                found.add(parts[1] if len(parts) > 1 and parts[1] in FLOOR else "__init__")
    return found


def at_import(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements that run when a module is imported, those for type checkers left out."""
    for node in body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            yield from at_import(node.orelse)
            continue
        yield node
        for name in ("body", "orelse", "finalbody"):
            yield from at_import(getattr(node, name, []))
        for handler in getattr(node, "handlers", []):
            yield from at_import(handler.body)


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_every_room_has_a_floor() -> None:
    assert {room_of(path) for path in MODULES} - set(FLOOR) == set()


def test_every_floor_is_inhabited() -> None:
    assert set(FLOOR) - {room_of(path) for path in MODULES} == set()


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_imports_go_down(path: Path) -> None:
    room = room_of(path)
    wrong = {
        other
        for other in rooms_imported(path) - {room}
        if FLOOR[other] >= FLOOR[room] and (room, other) not in NEIGHBOURS
    }
    # The front door shows the newsroom; nobody inside goes out to come in by it.
    assert not wrong, f"{room} (floor {FLOOR[room]}) imports {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_rooms_below_the_newsroom_see_no_settings(path: Path) -> None:
    if FLOOR[room_of(path)] < FLOOR["config"]:
        assert "config" not in rooms_imported(path)
        assert "BaseModel" not in path.read_text(encoding="utf-8")


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_heavy_libraries_wait_for_their_first_use(path: Path) -> None:
    banned = HEAVY | (frozenset() if room_of(path) == "cli" else {"rich", "typer"})
    found = {
        name.split(".")[0]
        for node in at_import(tree(path).body)
        for name in imported(node)
        if name.split(".")[0] in banned
    }
    assert not found, f"{name_of(path)} imports {found} when it is imported itself"


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_page_comes_in_by_the_front_door(path: Path) -> None:
    wrong = rooms_imported(path) - OPEN_TO_GUESTS
    assert not wrong, f"{name_of(path)} imports {wrong}"


@pytest.mark.parametrize("path", sorted(SERVE.rglob("*.py")), ids=name_of)
def test_the_api_comes_in_by_the_front_door(path: Path) -> None:
    wrong = rooms_imported(path) - OPEN_TO_SERVE - {"serve"}
    assert not wrong, f"{name_of(path)} imports {wrong}"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_only_the_api_brings_a_web_server(path: Path) -> None:
    if room_of(path) == "serve":
        return
    early = {name for node in at_import(tree(path).body) for name in imported(node)}
    assert not {name.split(".")[0] for name in early} & WEB
    assert not {name for name in early if name.startswith("rag.serve")}


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_the_page_waits_for_gradio(path: Path) -> None:
    late = (HEAVY | {"fastapi", "uvicorn", "starlette"}) - (
        frozenset() if path.stem in BEFORE_GRADIO else {"gradio"}
    )
    found = {
        name.split(".")[0]
        for node in at_import(tree(path).body)
        for name in imported(node)
        if name.split(".")[0] in late
    }
    assert not found, f"{name_of(path)} imports {found} when it is imported itself"


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_the_library_knows_no_page(path: Path) -> None:
    names = {name for node in ast.walk(tree(path)) for name in imported(node)}
    roots = {name.split(".")[0] for name in names}
    assert "gradio" not in roots
    if room_of(path) != "cli":
        assert "app" not in roots
    early = {name.split(".")[0] for node in at_import(tree(path).body) for name in imported(node)}
    assert "app" not in early


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=name_of)
def test_no_pickle(path: Path) -> None:
    nodes = list(ast.walk(tree(path)))
    names = {name.split(".")[0] for node in nodes for name in imported(node)}
    assert not names & PICKLES
    allowing = [
        node
        for node in nodes
        if isinstance(node, ast.keyword)
        and node.arg in {"allow_pickle", "trust_remote_code"}
        and not (isinstance(node.value, ast.Constant) and node.value.value is False)
    ]
    assert not allowing


@pytest.mark.parametrize("path", [*MODULES, *PAGES], ids=name_of)
def test_every_module_says_what_it_is(path: Path) -> None:
    assert (ast.get_docstring(tree(path)) or "").strip()


def test_the_walk_sees_what_it_should() -> None:
    source = "\n".join(
        [
            "from typing import TYPE_CHECKING",
            "if TYPE_CHECKING:",
            "    import torch",
            "else:",
            "    import faiss",
            "try:",
            "    import httpx",
            "except ImportError:",
            "    import gguf",
            "class A:",
            "    import accelerate",
            "def f():",
            "    import transformers",
        ]
    )
    names = {name for node in at_import(ast.parse(source).body) for name in imported(node)}
    assert names == {"typing.TYPE_CHECKING", "faiss", "httpx", "gguf", "accelerate"}


def test_public_names_are_true_and_few() -> None:
    import rag

    assert len(rag.__all__) == len(set(rag.__all__)) <= 12
    for name in rag.__all__:
        assert getattr(rag, name) is not None
    defined = {name for name in vars(rag) if not name.startswith("_")}
    modules = {name for name in defined if (PACKAGE / name).exists()} | {
        name for name in defined if (PACKAGE / f"{name}.py").exists()
    }
    assert defined - modules - {"TYPE_CHECKING"} <= set(rag.__all__)
    with pytest.raises(AttributeError, match="nonsense"):
        _ = rag.nonsense


def test_importing_the_library_loads_nothing_heavy() -> None:
    code = "import sys, rag; print(*sorted(name for name in sys.modules if '.' not in name))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    loaded = set(done.stdout.split())
    assert "rag" in loaded
    assert not loaded & (HEAVY | WEB | {"numpy", "pydantic", "rich", "typer", "sqlite3"})
