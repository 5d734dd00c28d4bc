from pathlib import Path

import pytest

from rag.errors import ConfigError, ModelError
from rag.models import Catalogue, HubSource, PypiSource, load_catalogue
from rag.models.catalogue import inner_path

MODEL = """
[[model]]
name = "tiny"
kind = "gguf"
licence = "MIT"
description = "A test."
files = [{ path = "tiny.gguf", bytes = 3, sha256 = "DIGEST" }]
[[model.source]]
scheme = "pypi"
package = "tiny-part{n}==1.0"
member = "tiny/part{nn}.bin"
parts = 2
""".replace("DIGEST", "0" * 64)


def _load(tmp_path: Path, text: str) -> Catalogue:
    path = tmp_path / "models.toml"
    path.write_text(text, encoding="utf-8")
    return load_catalogue(path)


def test_the_shipped_catalogue_holds_what_the_profiles_name(catalogue: Catalogue) -> None:
    default = catalogue.find("qwen2.5-coder-1.5b-instruct-q4_k_m")
    assert default.size == 1_117_320_768
    assert [type(each) for each in default.sources] == [PypiSource, HubSource]
    minilm = catalogue.find("all-minilm-l6-v2")
    assert {"modules.json", "model.safetensors"} <= {file.path for file in minilm.files}
    assert all(model.licence and model.sources for model in catalogue.models)


def test_every_gguf_of_the_shipped_catalogue_has_a_digest(catalogue: Catalogue) -> None:
    for model in catalogue.models:
        if model.kind == "gguf":
            assert model.files, model.name
        if not model.files:
            assert all(isinstance(source, HubSource) for source in model.sources), model.name


def test_an_entry_is_read(tmp_path: Path) -> None:
    (model,) = _load(tmp_path, MODEL).models
    assert model.sources == (PypiSource("tiny-part{n}==1.0", "tiny/part{nn}.bin", 2),)
    assert (model.name, model.size) == ("tiny", 3)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('licence = "MIT"', 'licence = "MIT"\nlicense = "MIT"', "unknown key 'license'"),
        ('kind = "gguf"', 'kind = "ggml"', "'kind' is 'ggml'; expected one of gguf"),
        ('licence = "MIT"', "", "'licence' is missing; expected a string"),
        ("bytes = 3", 'bytes = "3"', "'bytes' is '3'; expected a whole number"),
        ("bytes = 3", "bytes = true", "'bytes' is True"),
        ("0000", "xyz", "64 lower-case hexadecimal digits"),
        ("parts = 2", "parts = 2\nmembers = 1", "source 1: unknown key 'members'"),
        ('"pypi"', '"ftp"', "expected pypi, hub or file"),
        ("tiny-part{n}==1.0", "--index-url=x==1", "expected name==version"),
        ("tiny-part{n}==1.0", "tiny", "expected name==version"),
        ('"tiny"', '"../tiny"', "'name' is '../tiny'"),
        ('"tiny.gguf"', '"../tiny.gguf"', "expected a path inside the model's folder"),
        ('"tiny.gguf"', '"/etc/passwd"', "expected a path inside"),
        ('"tiny.gguf"', r'"C:\\x.gguf"', "expected a path inside"),
        ("files = [{", "file = [{", "unknown key 'file'|wanted the GGUF file"),
        ("[[model]]", "models = 1\n[[model]]", "models.toml: unknown key 'models'"),
    ],
)
def test_mistakes_are_said_in_words(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in MODEL
    with pytest.raises(ConfigError, match=message):
        _load(tmp_path, MODEL.replace(old, new, 1))


def test_a_name_stands_once(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="appears twice"):
        _load(tmp_path, MODEL + MODEL.replace('"tiny"', '"Tiny"'))


def test_no_toml_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="not valid TOML"):
        _load(tmp_path, "[[model")
    with pytest.raises(ConfigError, match="cannot read the model catalogue"):
        load_catalogue(tmp_path / "none.toml")


def test_an_unknown_name_lists_the_known(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no model 'huge'; it has: tiny"):
        _load(tmp_path, MODEL).find("huge")


@pytest.mark.parametrize("path", ["a", "a/b.bin", "a..b", "./a"])
def test_paths_inside(path: str) -> None:
    assert inner_path(path)


@pytest.mark.parametrize("path", ["", ".", "..", "a/../../b", "/a", "a\\b", "C:/x", "a\0b"])
def test_paths_outside(path: str) -> None:
    assert not inner_path(path)
