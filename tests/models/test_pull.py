"""Pulls from real wheels in a folder, through the real pip, without a network."""

import hashlib
import json
import os
import shutil
import threading
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from rag.errors import DigestMismatch, ModelError, ModelMissing
from rag.models import (
    Catalogue,
    FileSource,
    HubSource,
    Kind,
    Model,
    ModelFile,
    PypiSource,
    Source,
    locate,
    pull,
    sources,
    status,
)
from rag.models.store import MANIFEST

PARTS = (b"first part, " * 500, b"and the last")
WHOLE = b"".join(PARTS)
PARTED = PypiSource("ragtest-part{n}==1.0", "ragtest_part{n}/data/part{nn}.bin", 2)
FOLDER = {"config.json": b"{}", "1_Pooling/config.json": b'{"a": 1}', "weights.bin": bytes(9000)}


def _wheel(folder: Path, name: str, members: Mapping[str, bytes]) -> None:
    module = name.replace("-", "_")
    info = f"{module}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{module}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{module}/__init__.py", "raise SystemExit('this must never be run')")
        for member, data in members.items():
            archive.writestr(member, data)
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        tags = "Root-Is-Purelib: true\nTag: py3-none-any\n"
        archive.writestr(f"{info}/WHEEL", f"Wheel-Version: 1.0\nGenerator: test\n{tags}")
        archive.writestr(f"{info}/RECORD", "")


@pytest.fixture
def wheels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "wheels"
    folder.mkdir()
    for number, part in enumerate(PARTS, 1):
        member = f"ragtest_part{number}/data/part{number:02}.bin"
        _wheel(folder, f"ragtest-part{number}", {member: part})
    _wheel(folder, "ragtest-folder", {f"ragtest_folder/model/{p}": d for p, d in FOLDER.items()})
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    return folder


def _model(
    sources: tuple[Source, ...],
    files: Mapping[str, bytes] | None = None,
    kind: Kind = "gguf",
) -> Catalogue:
    given = {"big.gguf": WHOLE} if files is None else files
    listed = tuple(
        ModelFile(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in given.items()
    )
    return Catalogue((Model("tiny", kind, "MIT", "A test.", listed, sources),))


def _inside(folder: Path) -> set[str]:
    return {
        each.relative_to(folder / "tiny").as_posix()
        for each in (folder / "tiny").rglob("*")
        if each.is_file()
    }


@pytest.mark.slow
def test_a_folder_comes_from_one_wheel(tmp_path: Path, wheels: Path) -> None:
    source = PypiSource("ragtest-folder==1.0", "ragtest_folder/model/{path}")
    known = _model((source,), FOLDER, "sentence-transformers")
    path = pull(known, "tiny", folder=tmp_path)
    assert path == tmp_path / "tiny"
    assert {name: (path / name).read_bytes() for name in FOLDER} == FOLDER


def test_parts_are_joined_in_order_and_an_interrupted_download_goes_on_at_the_next(
    tmp_path: Path, wheels: Path
) -> None:
    known, folder = _model((PARTED,)), tmp_path / "models"
    heard: list[tuple[str, int, int]] = []
    last = wheels / "ragtest_part2-1.0-py3-none-any.whl"
    kept = last.rename(tmp_path / "kept.whl")
    with pytest.raises(ModelError, match=r"tiny\. Tried pypi:ragtest-part\{n\}==1\.0: .*part2"):
        pull(known, "tiny", folder=folder, progress=lambda *told: heard.append(told))
    assert (folder / "tiny" / "big.gguf.part").read_bytes() == PARTS[0]
    with pytest.raises(ModelMissing):
        locate(known, "tiny", folder=folder)
    # What a crash leaves of a part is dropped; the part that was whole is not asked for again.
    with (folder / "tiny" / "big.gguf.part").open("ab") as torn:
        torn.write(b"half of a par")
    kept.rename(last)
    (wheels / "ragtest_part1-1.0-py3-none-any.whl").unlink()
    path = pull(known, "tiny", folder=folder, progress=lambda *told: heard.append(told))
    assert path == folder / "tiny" / "big.gguf" == locate(known, "tiny", folder=folder)
    assert path.read_bytes() == WHOLE
    assert _inside(folder) == {"big.gguf", MANIFEST, ".lock"}
    assert heard[-1] == ("checking big.gguf", len(WHOLE), len(WHOLE))
    assert {"ragtest-part1==1.0 (1 of 2)", "ragtest-part2==1.0 (2 of 2)"} <= {h[0] for h in heard}
    shutil.rmtree(wheels)
    assert pull(known, "tiny", folder=folder) == path  # ready: nothing is asked for


def test_wrong_bytes_name_both_digests_and_are_deleted(tmp_path: Path) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(WHOLE)
    known = _model((FileSource(str(own)),), {"big.gguf": WHOLE[:-1] + b"!"})
    with pytest.raises(DigestMismatch) as caught:
        pull(known, "tiny", folder=tmp_path)
    assert hashlib.sha256(WHOLE).hexdigest() in str(caught.value)
    assert known.models[0].files[0].sha256 in str(caught.value)
    assert _inside(tmp_path).isdisjoint({"big.gguf", "big.gguf.part"})


@pytest.mark.slow
def test_a_longer_file_is_not_read_to_its_end(tmp_path: Path, wheels: Path) -> None:
    known = _model((PARTED,), {"big.gguf": WHOLE[:100]})
    with pytest.raises(ModelError, match=r"big\.gguf is longer than 100 bytes"):
        pull(known, "tiny", folder=tmp_path)


@pytest.mark.slow
def test_the_next_source_is_tried_and_all_reasons_told(tmp_path: Path, wheels: Path) -> None:
    here = tmp_path / "here.gguf"
    sources = (
        PypiSource("ragtest-none==1.0", "x"),
        PypiSource("ragtest-part1==1.0", "ragtest_part1/none.bin"),
        HubSource("owner/tiny"),
        FileSource(str(here)),
    )
    known = _model(sources)
    with pytest.raises(ModelError) as caught:
        pull(known, "tiny", folder=tmp_path / "models")
    said = str(caught.value)
    for part in (
        "pypi:ragtest-none==1.0: No matching distribution",
        "has no member ragtest_part1/none.bin",
        "hub:owner/tiny@main: ",
        "there is no such file or folder",
        "rag models pull tiny --from file:/path",
    ):
        assert part in said
    assert "\n" not in said
    here.write_bytes(WHOLE)
    assert pull(known, "tiny", folder=tmp_path / "models").read_bytes() == WHOLE


def test_a_source_can_be_chosen(tmp_path: Path, wheels: Path) -> None:
    known = _model((PARTED,))
    with pytest.raises(ModelError, match=r"no source 'hub'.*offers pypi:ragtest"):
        pull(known, "tiny", folder=tmp_path, source="hub")
    own = tmp_path / "mine.gguf"
    own.write_bytes(WHOLE)
    path = pull(known, "tiny", folder=tmp_path, source=f"file:{own}")
    assert path.read_bytes() == own.read_bytes() == WHOLE


def test_a_folder_of_the_user_serves_a_model_without_digests(tmp_path: Path) -> None:
    own = tmp_path / "own"
    (own / ".cache").mkdir(parents=True)
    (own / ".cache" / "junk").write_bytes(b"x")
    for name, data in FOLDER.items():
        (own / name).parent.mkdir(exist_ok=True)
        (own / name).write_bytes(data)
    known, folder = _model((HubSource("o/t"),), {}, "transformers"), tmp_path / "models"
    with pytest.raises(ModelMissing, match="rag models pull tiny"):
        locate(known, "tiny", folder=folder)
    path = pull(known, "tiny", folder=folder, source=f"file:{own}")
    assert _inside(folder) == {*FOLDER, MANIFEST, ".lock"}
    assert locate(known, "tiny", folder=folder, verify=True) == path
    (path / "weights.bin").write_bytes(b"x" * 9000)
    with pytest.raises(DigestMismatch):
        locate(known, "tiny", folder=folder)


def test_a_file_put_there_by_hand_is_read_once_and_known(tmp_path: Path) -> None:
    known = _model(())
    path = tmp_path / "tiny" / "big.gguf"
    path.parent.mkdir()
    path.write_bytes(WHOLE)
    assert locate(known, "tiny", folder=tmp_path) == path
    manifest = json.loads((path.parent / MANIFEST).read_text())
    assert manifest["files"][0]["sha256"] == hashlib.sha256(WHOLE).hexdigest()


@pytest.mark.slow
def test_damage_is_found_and_mended(tmp_path: Path, wheels: Path) -> None:
    known = _model((PARTED,))
    path = pull(known, "tiny", folder=tmp_path)
    found = path.stat()
    path.write_bytes(b"X" + WHOLE[1:])
    with pytest.raises(DigestMismatch, match="rag models pull tiny"):
        locate(known, "tiny", folder=tmp_path)
    os.utime(path, ns=(found.st_atime_ns, found.st_mtime_ns))
    assert locate(known, "tiny", folder=tmp_path)  # size and time are all that a quick look sees
    with pytest.raises(DigestMismatch):
        locate(known, "tiny", folder=tmp_path, verify=True)
    path.write_bytes(WHOLE[:50])
    with pytest.raises(ModelMissing, match=rf"has 50 bytes, expected {len(WHOLE):,}"):
        locate(known, "tiny", folder=tmp_path)
    assert pull(known, "tiny", folder=tmp_path).read_bytes() == WHOLE


@pytest.mark.slow
def test_status_tells_how_each_stands(tmp_path: Path, wheels: Path) -> None:
    known = _model((PARTED,))
    (missing,) = status(known, folder=tmp_path)
    assert (missing.state, missing.path, missing.size_here) == ("missing", None, 0)
    assert not missing.ready
    path = pull(known, "tiny", folder=tmp_path)
    (ready,) = status(known, folder=tmp_path)
    assert (ready.state, ready.path, ready.size) == ("ready", path, len(WHOLE))
    assert ready.ready
    path.write_bytes(WHOLE[:50])
    assert status(known, folder=tmp_path)[0].state == "partial"
    path.write_bytes(b"X" + WHOLE[1:])
    assert status(known, folder=tmp_path)[0].state == "damaged"


def test_a_full_disk_is_told_before_anything_is_fetched(tmp_path: Path, wheels: Path) -> None:
    huge = ModelFile("big.gguf", 10**18, "0" * 64)
    known = Catalogue((Model("tiny", "gguf", "MIT", "A test.", (huge,), (PARTED,)),))
    with pytest.raises(
        ModelError, match=r"not enough disk space for the model tiny: it needs .* MB, and .* free"
    ):
        pull(known, "tiny", folder=tmp_path)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_a_disk_that_fills_up_on_the_way_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = tmp_path / "own.gguf"
    own.write_bytes(WHOLE)
    (tmp_path / "tiny").mkdir()
    (tmp_path / "tiny" / "big.gguf.part").symlink_to("/dev/full")
    with pytest.raises(ModelError, match="not enough disk space for the model tiny"):
        pull(_model(()), "tiny", folder=tmp_path, source=f"file:{own}")


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "models").write_text("a file, not a folder")
    with pytest.raises(ModelError, match="choose a models folder that you may write to"):
        pull(_model((PARTED,)), "tiny", folder=tmp_path / "models")


@pytest.mark.slow
def test_two_pulls_at_a_time_fetch_once(tmp_path: Path, wheels: Path) -> None:
    pytest.importorskip("fcntl")
    known = _model((PARTED,))
    heard: list[str] = []
    paths: list[Path] = []

    def fetch() -> None:
        told = lambda label, _done, _total: heard.append(label)  # noqa: E731
        paths.append(pull(known, "tiny", folder=tmp_path, progress=told))

    threads = [threading.Thread(target=fetch) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(paths) == 2
    assert paths[0].read_bytes() == WHOLE
    assert "waiting for another download of this model" in heard
    assert len([each for each in heard if each == "checking big.gguf"]) == 1


def test_bytes_are_counted_while_folders_come_and_go(tmp_path: Path) -> None:
    stop = threading.Event()

    def come_and_go() -> None:
        while not stop.is_set():
            (tmp_path / "unpack" / "inner").mkdir(parents=True, exist_ok=True)
            shutil.rmtree(tmp_path / "unpack", ignore_errors=True)

    (tmp_path / "kept").write_bytes(bytes(7))
    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert {sources._bytes_in(tmp_path) for _ in range(2000)} == {7}
    finally:
        stop.set()
        thread.join()
