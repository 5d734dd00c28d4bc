"""Feed hostile input to all that reads files, pages and saved texts, guided by the code it reaches.

``python benchmarks/fuzz.py [TARGET...] [--minutes 10] [--seed 1]`` needs ``pip install atheris==3.0.0``
(Linux). It prints one row per target; inputs that break a promise are saved in ``build/fuzz``, and the
exit code is 1. ``python benchmarks/fuzz.py TARGET --replay FILE`` tries one of them again.

What is promised: only the errors of :mod:`rag.errors` come out, in one line; nothing takes more than
2 s per 100 kB; offsets are exact; what was written is read back the same.
"""

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import time
import traceback
from contextlib import suppress
from math import log2
from pathlib import Path

from fuzz_targets import TARGETS, TOKENS, seeds

OUT = Path(__file__).parents[1] / "build" / "fuzz"
SECONDS = 2.0  # per 100 kB
LEAST = 20_000  # bytes; a smaller input may take as long as one of this size
LONGEST = 30_000  # bytes of an input


def _changed(data: bytes, size: int, seed: int) -> bytes:
    """Mutate an input: repeat a piece of it, replace a value of its JSON, or as libFuzzer does."""
    import atheris

    dice = random.Random(seed)
    how = dice.randrange(8)
    if how == 0 and data:
        start = dice.randrange(len(data))
        piece = data[start : start + dice.choice((1, 2, 3, 5, 8, 13, 40))]
        times = int(2 ** dice.uniform(1, log2(max(2, size / len(piece)))))
        data = data[:start] + piece * times + data[start:]
    elif how == 1:
        with suppress(ValueError, RecursionError):
            data = json.dumps(_swapped(json.loads(data), dice)).encode()
    else:
        return bytes(atheris.Mutate(data, len(data)))
    return data[:size]


def _swapped(value: object, dice: random.Random) -> object:
    inside = isinstance(value, dict | list) and value and dice.random() < 0.9
    if inside and isinstance(value, dict):
        key = dice.choice(list(value))
        return {**value, key: _swapped(value[key], dice)}
    if inside and isinstance(value, list):
        place = dice.randrange(len(value))
        return [*value[:place], _swapped(value[place], dice), *value[place + dice.randrange(2) :]]
    odd = (
        None,
        True,
        -1,
        0,
        1,
        9,
        1e308,
        2**63,
        "",
        dice.choice(TOKENS),
        [],
        {},
        [value],
        {"text": value},
    )
    return dice.choice(odd)


def tried(name: str, data: bytes) -> tuple[str, float]:
    """Return what an input breaks, or '', and its seconds per 100 kB."""
    start = time.process_time()
    try:
        TARGETS[name](data)
    except Exception as error:  # noqa: BLE001 - any error is a finding
        last = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__} at {Path(last.filename).name}:{last.lineno}: {error}"[
            :300
        ], 0.0
    rate = (time.process_time() - start) * 100_000 / max(len(data), LEAST)
    return (f"takes {rate:.1f} s per 100 kB" if rate > SECONDS else ""), rate


def guided(name: str, seconds: str, seed: str) -> None:
    """Try inputs until the time is up, in a process whose modules atheris has instrumented."""
    import atheris

    corpus = OUT / "corpus" / name
    corpus.mkdir(parents=True, exist_ok=True)
    for place, known in enumerate(seeds(name)):
        tried(name, known)  # loads what is loaded at first use
        (corpus / f"seed-{place}").write_bytes(known)
    words = OUT / "tokens.dict"
    escaped = ("".join(f"\\x{byte:02x}" for byte in _bytes(token)) for token in TOKENS)
    words.write_text("".join(f'"{token}"\n' for token in escaped), encoding="ascii")
    until, count, worst, seen = time.monotonic() + float(seconds), 0, 0.0, set[str]()

    def one(data: bytes) -> None:
        nonlocal count, worst
        if time.monotonic() > until:
            (OUT / f"{name}.count").write_text(str(count), encoding="ascii")
            os._exit(0)
        count += 1
        broken, rate = tried(name, data)
        kind = broken.split(": ")[0] if not rate else ""
        if kind and kind not in seen:
            seen.add(kind)
            (OUT / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}").write_bytes(data)
        if rate > worst:
            worst = rate
            (OUT / f"{name}-slowest").write_bytes(data)

    limits = (f"-max_len={LONGEST}", f"-dict={words}", f"-artifact_prefix={OUT}/{name}-")
    given = [name, f"-seed={seed}", "-timeout=60", "-rss_limit_mb=0", *limits, str(corpus)]
    atheris.Setup(given, one, custom_mutator=_changed)
    atheris.Fuzz()


def _bytes(token: str) -> bytes:
    return token.encode("utf-8", "surrogatepass")


_CHILD = """import sys, atheris
with atheris.instrument_imports(include=["rag", "app", "trafilatura"]):
    import fuzz, trafilatura.core
fuzz.guided(*sys.argv[1:])"""


def _row(name: str, minutes: float, seed: int) -> bool:
    """Run a target, try again what it saved without instrumentation, and print its figures."""
    for old in (*OUT.glob(f"{name}-*"), *OUT.glob(f"{name}.*")):
        old.unlink()
    here = Path(__file__).parent
    places = os.pathsep.join((str(here), str(here.parent)))
    with (OUT / f"{name}.log").open("wb") as log:
        subprocess.run(
            [sys.executable, "-c", _CHILD, name, str(60 * minutes), str(seed)],
            env={**os.environ, "PYTHONPATH": places},
            stdout=log, stderr=log, check=False,
        )  # fmt: skip
    counted = OUT / f"{name}.count"
    if not counted.is_file():
        print(f"{name:14} stopped before its time: see {log.name}")
        return False
    for known in seeds(name):
        tried(name, known)
    found = []
    worst = 0.0
    for path in OUT.glob(f"{name}-*"):
        broken, rate = min(
            (tried(name, path.read_bytes()) for _ in range(2)), key=lambda each: each[1]
        )
        worst = max(worst, rate)
        if broken:
            found.append(f"  {path}: {broken}")
    count = int(counted.read_text(encoding="ascii"))
    print(
        f"{name:14} {count:10,} inputs {len(found):4} findings {worst:8.2f} s per 100 kB",
        flush=True,
    )
    print("".join(f"{line}\n" for line in found), end="", flush=True)
    return not found


def main() -> int:
    """Run the targets, or one of them on one file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=", ".join(TARGETS))
    parser.add_argument("--minutes", type=float, default=10, help="for each target")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--replay", type=Path, metavar="FILE", help="try this input alone")
    given = parser.parse_args()
    if unknown := set(given.targets) - set(TARGETS):
        parser.error(f"there is no target {min(unknown)}; there are {', '.join(TARGETS)}")
    chosen = given.targets or list(TARGETS)
    if given.replay:
        TARGETS[chosen[0]](given.replay.read_bytes())
        return 0
    OUT.mkdir(parents=True, exist_ok=True)
    done = [_row(name, given.minutes, given.seed) for name in chosen]
    return 0 if all(done) else 1


if __name__ == "__main__":
    sys.exit(main())
