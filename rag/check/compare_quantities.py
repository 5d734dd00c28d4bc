"""Compare quantities: whether one of a source supports one of a claim."""

from rag.check.quantities import PERCENTAGE_POINTS, Bound, Quantity

_EXACT = 1e-6
_ROUNDED = 0.005
_ABOUT = 0.11
_MUCH_MORE, _NEARLY = 1.35, 0.75


def states(stated: Quantity, claimed: Quantity) -> bool:
    """Return whether a source that contains the first quantity supports the second."""
    if stated.ordinal != claimed.ordinal or (stated.second is None and claimed.second is not None):
        return False
    if stated.second is not None and claimed.second is not None:
        return (stated.value, stated.second) == (claimed.value, claimed.second)
    if stated.second is not None:  # one side of a score
        bare = not claimed.unit and not claimed.bound
        return bare and claimed.value in {stated.value, stated.second}
    return _same_unit(stated, claimed) and _within(stated, claimed)


def _within(stated: Quantity, claimed: Quantity) -> bool:
    """Return whether a value fits the claimed one with its "nearly" or "more than"."""
    a, b = stated.value if claimed.unit else stated.count, claimed.value
    if stated.unit != claimed.unit and "part" in {stated.unit, claimed.unit}:
        a, b = (100 * a, b) if stated.unit == "part" else (a, 100 * b)
    if a * b < 0:
        return False
    equal = abs(a - b) <= max(_EXACT * abs(a), _EXACT)
    # A figure with fewer decimals is rounded: 3.24 million is 3.2 million.
    close = claimed.decimals > 0 and abs(a - b) <= _ROUNDED * abs(a)
    beyond, below = b < a <= _MUCH_MORE * b, b > a >= _NEARLY * b
    low, high = stated.bound in {"under", "most"}, stated.bound in {"over", "least"}
    fits: dict[Bound, bool] = {
        "": (equal or close) and stated.bound in {"", "about"},
        "any": equal or close,
        "about": abs(a - b) <= _ABOUT * max(abs(a), abs(b)),
        "under": (equal and stated.bound == "under") or (below and not high),
        "over": (equal and high) or (beyond and not low),
        "least": (equal and not low) or (beyond and not low),
        "most": (equal and not high) or (below and not high),
    }
    return fits[claimed.bound]


def same_number(stated: Quantity, claimed: Quantity) -> bool:
    """Return whether both have the same figure, whatever the unit, sign, scale, order or bound."""
    if stated.ordinal or claimed.ordinal:
        return False
    if stated.second is not None and claimed.second is not None:
        return {stated.value, stated.second} == {claimed.value, claimed.second}
    a, b = (each.written or abs(each.value) for each in (stated, claimed))
    return (
        abs(a - b) <= _EXACT * max(1.0, a) or abs(abs(stated.value) - abs(claimed.value)) <= _EXACT
    )


def _same_unit(stated: Quantity, claimed: Quantity) -> bool:
    if stated.unit == claimed.unit:
        return True
    # News also writes "0.25 per cent" for percentage points, but not the other way round.
    if {stated.unit, claimed.unit} == {"part", "%"} or (stated.unit, claimed.unit) == (
        "%",
        PERCENTAGE_POINTS,
    ):
        return True
    # The claim may omit the unit, but not add one that the source does not have.
    return not claimed.unit or {stated.unit, claimed.unit} <= {"", "part"}
