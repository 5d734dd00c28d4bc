"""What benchmarks/fuzz.py promises for any input, briefly and always with the same inputs."""

import importlib
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))
fuzz = importlib.import_module("fuzz")
sys.path.remove(str(BENCHMARKS))

PIECES = st.one_of(
    st.sampled_from(fuzz.TOKENS).map(lambda token: token.encode("utf-8", "surrogatepass")),
    st.text(max_size=9).map(str.encode),
    st.binary(max_size=4),
)


@pytest.mark.parametrize("name", fuzz.TARGETS)
@settings(max_examples=12, derandomize=True, deadline=None, database=None)
@given(data=st.data())
def test_any_input_keeps_the_promises(name: str, data: st.DataObject) -> None:
    known = data.draw(st.sampled_from([b"", *fuzz.seeds(name)]))
    place = data.draw(st.integers(0, len(known)))
    pieces = data.draw(st.lists(PIECES, max_size=6))
    times = data.draw(st.sampled_from([1, 1, 1, 60]))
    broken, _ = fuzz.tried(name, known[:place] + b"".join(pieces) * times + known[place:])
    assert not broken
