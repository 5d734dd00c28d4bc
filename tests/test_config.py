"""Settings: every source of them in order, and every wrong one named."""

import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from rag.config import Settings, configs_folder, load, profiles
from rag.errors import ConfigError

NOTHING: dict[str, str] = {}
DEFAULT = configs_folder() / "default.toml"


def loaded(*overrides: str, profile: str | None = None, **environment: str) -> Settings:
    return load(profile, overrides=overrides, environment=environment)


def profile(folder: Path, text: str) -> str:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return str(path)


# Where a value comes from


def test_defaults_are_those_of_the_file() -> None:
    table = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    assert load(environment=NOTHING).model_dump() == table


def test_every_setting_stands_in_the_default_file_and_no_other() -> None:
    table = tomllib.loads(DEFAULT.read_text(encoding="utf-8"))
    fields = {
        section: set(field.annotation.model_fields)  # type: ignore[union-attr]
        for section, field in Settings.model_fields.items()
    }
    assert {section: set(keys) for section, keys in table.items()} == fields


def test_every_default_carries_a_comment() -> None:
    lines = DEFAULT.read_text(encoding="utf-8").splitlines()
    keys = [line for line in lines if re.match(r"\w+ *=", line)]
    assert len(keys) == sum(map(len, load(environment=NOTHING).model_dump().values()))
    assert [line for line in keys if not re.search(r"\s# \S.{5,}", line)] == []


def test_no_default_is_written_in_the_code() -> None:
    for section in Settings.model_fields.values():
        fields = section.annotation.model_fields  # type: ignore[union-attr]
        assert all(field.is_required() for field in fields.values())


@pytest.mark.parametrize("name", profiles())
def test_every_shipped_profile_loads(name: str) -> None:
    assert load(name, environment=NOTHING)


def test_the_catalogue_is_no_profile() -> None:
    assert "models" not in profiles()
    assert {"default", "fast", "tiny", "server", "seq2seq", "hub-gpu"} <= set(profiles())
    with pytest.raises(ConfigError, match="no profile 'models'"):
        loaded(profile="models")


def test_a_profile_changes_what_it_names_and_nothing_else(tmp_path: Path) -> None:
    default = load(environment=NOTHING)
    changed = loaded(profile=profile(tmp_path, "[answer]\nmax_tokens = 7\n"))
    assert changed.answer.max_tokens == 7
    before, after = default.model_dump(), changed.model_dump()
    before["answer"]["max_tokens"] = 7
    assert after == before


def test_the_environment_names_the_profile_unless_one_is_given() -> None:
    assert loaded(RAG_PROFILE="tiny") == loaded(profile="tiny")
    assert loaded(profile="fast", RAG_PROFILE="tiny") == loaded(profile="fast")
    assert loaded(RAG_PROFILE="") == loaded()


def test_later_sources_win(tmp_path: Path) -> None:
    name = profile(tmp_path, "[generator]\nthreads = 2\n[answer]\nmax_tokens = 9\n")
    assert loaded(profile=name).generator.threads == 2
    assert loaded(profile=name, RAG_GENERATOR_THREADS="3").generator.threads == 3
    both = loaded("generator.threads=4", profile=name, RAG_GENERATOR_THREADS="3")
    assert both.generator.threads == 4
    assert both.answer.max_tokens == 9
    assert loaded("generator.threads=5", "generator.threads=6").generator.threads == 6


def test_the_process_environment_is_read_where_none_is_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("RAG_GENERATOR_THREADS", "3")
    monkeypatch.setenv("RAG_FETCH_ALLOW_PRIVATE", "true")
    monkeypatch.delenv("RAG_PROFILE", raising=False)
    assert load().generator.threads == 3
    assert load().fetch.allow_private is True


@pytest.mark.parametrize(
    ("override", "section", "key", "value"),
    [
        ("generator.threads=4", "generator", "threads", 4),
        (" generator.threads = 4 ", "generator", "threads", 4),
        ("generator.base_url=http://a/b?c=d", "generator", "base_url", "http://a/b?c=d"),
        ("embedder.model=3", "embedder", "model", "3"),
        ("reranker.model=", "reranker", "model", ""),
        ("retrieve.dense_weight=0", "retrieve", "dense_weight", 0.0),
        ("fetch.allow_private=yes", "fetch", "allow_private", True),
    ],
)
def test_overrides(override: str, section: str, key: str, value: object) -> None:
    assert loaded(override).model_dump()[section][key] == value


# What is wrong is named


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[generator]\nthread = 4\n", ["mine.toml", "generator.thread", "'threads'"]),
        ("[generator]\nzzz = 4\n", ["generator.zzz", "known:", "context_length"]),
        ("[generators]\nthreads = 4\n", ["unknown section [generators]", "'generator'"]),
        ("[zzz]\nthreads = 4\n", ["[zzz]", "known:", "summarize"]),
        (f"a = {'9' * 5000}\n", ["mine.toml", "is not valid TOML"]),
        (f"a = {'[' * 5000}\n", ["mine.toml", "is not valid TOML"]),
        ("threads = 4\n", ["mine.toml", "'threads'", "[section]"]),
        ("[[generator]]\nthreads = 4\n", ["'generator'", "[section]"]),
        ("[generator]\nthreads = -1\n", ["generator.threads = -1", "greater than or equal to 0"]),
        ("[generator]\nthreads = 'many'\n", ["generator.threads = 'many'", "integer"]),
        ("[generator]\nthreads = 1.5\n", ["generator.threads = 1.5", "integer"]),
        ("[generator.threads]\na = 1\n", ["generator.threads", "integer"]),
        ("[generator]\nengine = 'gpt'\n", ["generator.engine = 'gpt'", "'llamacpp'", "'openai'"]),
        ("[generator]\nbase_url = 'file:///x'\n", ["generator.base_url", "https?"]),
        ("[embedder]\ndevice = 'tpu'\n", ["embedder.device", "'cpu'", "'cuda'"]),
        ("[answer]\nsupport = 0.2\n", ["answer.support = 0.2", "0.5"]),
        ("[answer]\nsupport = nan\n", ["answer.support = nan", "less than or equal to 1"]),
        ("[retrieve]\nlexical_weight = inf\n", ["retrieve.lexical_weight", "100"]),
        ("[index]\nname = ''\n", ["index.name = ''", "at least 1"]),
        ("[generator]\nmodel = ''\n", ["generator.model = ''", "at least 1"]),
        ("[embedder]\nmodel = ''\n", ["embedder.model = ''", "at least 1"]),
        ("[generator\n", ["mine.toml", "not valid TOML"]),
    ],
)
def test_a_wrong_profile_is_reported(tmp_path: Path, text: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(profile=profile(tmp_path, text))
    assert [word for word in said if word not in str(raised.value)] == []


def test_bytes_that_are_no_text_are_reported(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(b"[generator]\nmodel = '\xff\xfe'\n")
    with pytest.raises(ConfigError, match="not valid TOML"):
        loaded(profile=str(path))


@pytest.mark.parametrize(
    "name", ["nope", "nope.toml", "./nope", "models", "..", "~nobody-at-all/x.toml", "a\0b.toml"]
)
def test_an_unknown_profile_is_reported_with_those_that_there_are(name: str) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(profile=name)
    assert repr(name) in str(raised.value)
    assert all(known in str(raised.value) for known in profiles())


@pytest.mark.parametrize(
    "override", ["", "threads=4", "a\nb", "generator.threads", "generator", "=", "a"]
)
def test_an_override_without_form_is_reported(override: str) -> None:
    with pytest.raises(ConfigError, match=r"^--set .*: expected section\.key=value"):
        loaded(override)


@pytest.mark.parametrize(
    ("override", "said"),
    [
        ("generator.thread=4", r"--set generator\.thread=4: unknown key .* 'threads'"),
        ("generater.threads=4", r"unknown section \[generater\], did you mean 'generator'"),
        ("generator.threads.more=4", r"unknown key generator\.threads\.more"),
        (
            "generator.th\nread=4",
            r"^--set generator\.th read=4: unknown key generator\.th read, did",
        ),
        ("generator.threads=four", r"generator\.threads = 'four' .* integer"),
    ],
)
def test_a_wrong_override_is_reported(override: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        loaded(override)


def test_a_wrong_value_of_the_environment_is_reported() -> None:
    with pytest.raises(ConfigError, match=r"generator\.threads = 'x'.*integer"):
        loaded(RAG_GENERATOR_THREADS="x")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("RAG_RETRIEVE_PASSAGE", ["retrieve.passage, did you mean 'passages'?"]),
        ("RAG_GENERATOR_API_KEYS", ["generator.api_keys", "did you mean 'api_key'"]),
        ("RAG_MODELS_ZZZ", ["models.zzz; known: folder."]),
    ],
)
def test_a_misspelt_name_in_the_environment_is_reported(name: str, said: list[str]) -> None:
    with pytest.raises(ConfigError) as raised:
        loaded(**{name: "very-secret"})
    assert [word for word in [name, *said] if word not in str(raised.value)] == []
    assert "very-secret" not in str(raised.value)


@pytest.mark.parametrize(
    "name",
    [
        *("RAG_PROFILE", "RAG_MODELS_DIR", "RAG_DEBUG", "RAG_EVAL_DATA", "RAG_TIME_OUT", "RAG_"),
        *("RAG", "RAG_INDEX", "RAG_INDEX_", "RAG_INDEXER_HOME", "rag_retrieve_passage"),
        *("DRAG_RETRIEVE_PASSAGE", "RETRIEVE_PASSAGE", "PATH"),
    ],
)
def test_names_in_the_environment_that_are_none_of_ours_are_left_alone(name: str) -> None:
    assert loaded(**{name: "tiny"}) == loaded(profile="tiny" if name == "RAG_PROFILE" else None)


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(environment=NOTHING).answer.max_tokens = 3


# Where models are kept


def test_the_models_folder(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAG_MODELS_DIR", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert loaded().models_folder == tmp_path / ".cache" / "newsrag" / "models"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    assert loaded().models_folder == tmp_path / "cache" / "newsrag" / "models"
    monkeypatch.setenv("RAG_MODELS_DIR", "~/elsewhere")
    assert loaded().models_folder == tmp_path / "elsewhere"
    assert loaded("models.folder=~/chosen").models_folder == tmp_path / "chosen"


def test_the_settings_do_not_depend_on_where_one_stands(tmp_path: Path) -> None:
    code = "from rag.config import load; print(load('tiny').generator.model)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(configs_folder().parent)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == load("tiny", environment=NOTHING).generator.model
