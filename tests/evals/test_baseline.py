"""Floors: what breaks them, what cannot be compared, and that none is lowered by the way."""

from pathlib import Path

import pytest

from rag.errors import ConfigError
from rag.evals.floors import Baseline, Floor, Gauge, Guarded, compare, read, update, write

PART = ("retrieval", "xquad")
NAME = "retrieval/xquad.en/hybrid/hit@1"
OTHER = "retrieval/xquad.en/hybrid/mrr@10"
ANSWERS = "answers/xquad.en/em"


def floor(low: float, measured: float, n: int) -> Floor:
    return Floor(floor=low, measured=measured, n=n)


BASELINE: Baseline = {
    "xquad": Guarded(
        digest="d1",
        figures={
            NAME: floor(0.8, 0.82, 100),
            OTHER: floor(0.7, 0.72, 100),
            ANSWERS: floor(0.5, 0.6, 10),
        },
    )
}


def gauge(value: float, name: str = NAME, n: int = 100) -> Gauge:
    return Gauge(PART, name, value, n, 0.02)


def test_a_figure_under_its_floor_is_named_with_all_that_matters() -> None:
    verdict = compare(
        BASELINE, [gauge(0.79), gauge(0.7, OTHER)], parts=[PART], digests={"xquad": "d1"}
    )
    assert verdict.broken == (f"{NAME}: measured 0.7900, floor 0.8000, n 100.",)
    assert [line.split(":")[0] for line in verdict.held] == [OTHER]
    assert verdict.uncompared == ()


def test_a_figure_at_its_floor_holds_whatever_the_last_bit_says() -> None:
    gauges = [gauge(0.1 + 0.7 - 1e-12), gauge(0.7, OTHER)]
    assert compare(BASELINE, gauges, parts=[PART], digests={"xquad": "d1"}).broken == ()


def test_a_missing_figure_breaks_and_one_of_another_part_does_not() -> None:
    verdict = compare(BASELINE, [gauge(0.9)], parts=[PART], digests={"xquad": "d1"})
    assert verdict.broken == (f"{OTHER}: not measured, floor 0.7000, n 100.",)
    absent = compare(BASELINE, [], parts=[PART], digests={})
    assert len(absent.broken) == 2


def test_other_data_is_reported_and_not_compared() -> None:
    verdict = compare(BASELINE, [gauge(0.1)], parts=[PART], digests={"xquad": "d2"})
    assert (verdict.held, verdict.broken) == ((), ())
    assert "xquad: other data than the floors" in verdict.uncompared[0]


def test_fewer_items_than_the_floor_is_of_break_it() -> None:
    gauges = [gauge(1.0, n=40), gauge(0.7, OTHER)]
    (line,) = compare(BASELINE, gauges, parts=[PART], digests={"xquad": "d1"}).broken
    assert line.endswith("n 40, but the floor is of 100 items.")


def test_a_figure_or_set_without_a_floor_is_reported() -> None:
    extra = gauge(0.9, "retrieval/xquad.en/hybrid/hit@3")
    gauges = [gauge(0.9), gauge(0.9, OTHER), extra]
    verdict = compare(BASELINE, gauges, parts=[PART], digests={"xquad": "d1"})
    assert [line.split(":")[0] for line in verdict.uncompared] == [extra.name]
    verdict = compare({}, gauges, parts=[PART], digests={"xquad": "d1"})
    assert (verdict.held, verdict.broken) == ((), ())
    assert "no floors yet" in verdict.uncompared[0]


def raised(
    gauges: list[Gauge], *, digest: str = "d1", lower: bool = False
) -> tuple[dict[str, Floor], tuple[str, ...]]:
    new, retained = update(BASELINE, gauges, parts=[PART], digests={"xquad": digest}, lower=lower)
    return dict(new["xquad"].figures), retained


def test_a_floor_rises_by_itself_and_falls_only_on_request() -> None:
    floors, retained = raised([gauge(0.9), gauge(0.6, OTHER)])
    assert floors[NAME] == floor(0.88, 0.9, 100)
    assert floors[OTHER] == floor(0.7, 0.6, 100)
    assert [line.split(":")[0] for line in retained] == [OTHER]
    floors, retained = raised([gauge(0.9), gauge(0.6, OTHER)], lower=True)
    assert floors[OTHER] == floor(0.58, 0.6, 100)
    assert retained == ()


def test_no_floor_is_below_zero() -> None:
    assert raised([gauge(0.01)], lower=True)[0][NAME].floor == 0.0


def test_floors_of_other_parts_stay_and_dropping_one_is_lowering() -> None:
    assert set(raised([gauge(0.9)])[0]) == {NAME, OTHER, ANSWERS}
    assert set(raised([gauge(0.9)], lower=True)[0]) == {NAME, ANSWERS}


def test_other_data_or_another_number_of_items_is_lowering_too() -> None:
    floors, retained = raised([gauge(1.0)], digest="d2")
    assert (floors, len(retained)) == (dict(BASELINE["xquad"].figures), 1)
    floors, retained = raised([gauge(1.0)], digest="d2", lower=True)
    assert set(floors) == {NAME}
    floors, retained = raised([gauge(1.0, n=50)])
    assert (floors[NAME], len(retained)) == (floor(0.8, 0.82, 100), 1)
    assert raised([gauge(1.0, n=50)], lower=True)[0][NAME] == floor(0.98, 1.0, 50)


def test_a_baseline_is_read_as_it_was_written(tmp_path: Path) -> None:
    path = tmp_path / "gate" / "baseline.json"
    assert read(path) == {}
    write(path, BASELINE)
    assert read(path) == BASELINE
    first = path.read_bytes()
    write(path, read(path))
    assert path.read_bytes() == first


@pytest.mark.parametrize("body", ["", "[]", '{"format": 2}', '{"format": 1, "sets": {"x": {}}}'])
def test_a_damaged_baseline_is_one_clear_line(tmp_path: Path, body: str) -> None:
    path = tmp_path / "baseline.json"
    path.write_text(body)
    with pytest.raises(ConfigError, match="is not a baseline of the gate"):
        read(path)
