"""The quality gate, as `make gate` runs it: see rag/evals/gate.py and docs/evaluation.md.

Exit code 0: all figures reach their floors. 1: a figure is below its floor or missing, or nothing
could be compared. 2: there is no data folder. The default settings are used; environment variables
are ignored.
"""

import argparse
import sys
import time
from functools import partial
from pathlib import Path

from rag.cli import show
from rag.config import load
from rag.errors import RagError
from rag.evals.gate import Gate, check
from rag.evals.workbench import Workbench

ROOT = Path(__file__).resolve().parent.parent


def parse_arguments(words: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(prog="gate", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder with the data sets")
    parser.add_argument("--small", action="store_true", help="only what needs no language model")
    parser.add_argument(
        "--update", action="store_true", help="raise the floors to the measured values"
    )
    parser.add_argument("--lower", action="store_true", help="with --update: also lower them")
    parser.add_argument(
        "--baseline",
        type=Path,
        default=ROOT / "tests" / "gate" / "baseline.json",
        help="the floors",
    )
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "gate", help="where to write")
    chosen = parser.parse_args(words)
    if chosen.lower and not chosen.update:
        parser.error("--lower requires --update")
    return chosen


def main() -> int:
    """Run the gate and return the exit code."""
    chosen, start = parse_arguments(), time.monotonic()
    if not chosen.data.is_dir():
        print(
            f"gate: there is no data folder {chosen.data}. Name one: make gate DATA=FOLDER",
            file=sys.stderr,
        )
        return 2
    settings = load("default", environment={})
    gate = Gate(chosen.data, chosen.baseline, chosen.out, chosen.small, chosen.update, chosen.lower)
    try:
        with show.progress_bar("gate", None) as bar:
            bench = Workbench(
                chosen.data, settings, out=chosen.out, advance=partial(show.advance, bar)
            )
            with bench:
                good = check(gate, bench, notify=partial(print, flush=True))
    except RagError as error:
        print(f"gate: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("gate: stopped; run the same command again to continue.", file=sys.stderr)
        return 130
    print(f"{time.monotonic() - start:.0f} s")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
