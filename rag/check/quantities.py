"""Extract quantities: value, unit, sign, precision and order (compared in compare_quantities)."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Literal

Bound = Literal["", "about", "under", "over", "most", "least", "any"]

_ONES = {
    word: float(n)
    for n, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen "
        "fifteen sixteen seventeen eighteen nineteen".split()
    )
}
_TENS = {
    word: 10.0 * n
    for n, word in enumerate("twenty thirty forty fifty sixty seventy eighty ninety".split(), 2)
}
_SCALES = {"hundred": 1e2, "thousand": 1e3, "million": 1e6, "billion": 1e9, "trillion": 1e12}
_SHORT = {"m": 1e6, "mn": 1e6, "mln": 1e6, "bn": 1e9, "tn": 1e12, "k": 1e3, "dozen": 12.0}
_PARTS = {"half": 2, "halves": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4}
_PARTS |= {"fifth": 5, "fifths": 5, "tenth": 10, "tenths": 10, "eighth": 8, "eighths": 8}
_ORDINALS = {
    word: float(n)
    for n, word in enumerate(
        "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth".split(),
        1,
    )
}
_MONEY = {"$": "USD", "£": "GBP", "€": "EUR", "¥": "JPY", "₹": "INR", "₽": "RUB"}
_CODES = frozenset("USD GBP EUR JPY INR RUB CHF CNY AUD CAD SEK NOK DKK PLN CZK UAH".split())
_CURRENCY = {"dollar": "USD", "pound": "GBP", "euro": "EUR", "yen": "JPY", "rupee": "INR"}
_CURRENCY |= {"ruble": "RUB", "rouble": "RUB", "franc": "CHF", "yuan": "CNY", "krona": "SEK"}
_CURRENCY |= {"sterling": "GBP", "quid": "GBP", "krone": "NOK", "hryvnia": "UAH", "zloty": "PLN"}
# Each unit with its measure and its size in the base unit of that measure.
_UNITS = {
    "percent": ("%", 1.0), "%": ("%", 1.0), "pc": ("%", 1.0),
    "second": ("s", 1.0), "minute": ("s", 60.0), "hour": ("s", 3600.0), "day": ("s", 86400.0),
    "week": ("s", 604800.0), "fortnight": ("s", 1209600.0), "month": ("mo", 1.0), "year": ("mo", 12.0),
    "decade": ("mo", 120.0), "century": ("mo", 1200.0),
    "millimetre": ("m", 0.001), "mm": ("m", 0.001), "centimetre": ("m", 0.01), "cm": ("m", 0.01),
    "metre": ("m", 1.0), "kilometre": ("m", 1000.0), "km": ("m", 1000.0), "mile": ("m", 1609.34),
    "kmh": ("m/h", 1000.0), "kph": ("m/h", 1000.0), "mph": ("m/h", 1609.34),
    "foot": ("m", 0.3048), "inch": ("m", 0.0254), "yard": ("m", 0.9144),
    "gram": ("g", 1.0), "kg": ("g", 1000.0), "kilogram": ("g", 1000.0), "kilo": ("g", 1000.0),
    "tonne": ("g", 1e6), "ton": ("g", 1e6), "ounce": ("g", 28.35), "stone": ("g", 6350.0),
    "litre": ("l", 1.0), "gallon": ("l", 4.5), "hectare": ("ha", 1.0), "acre": ("ha", 0.4047),
    "degree": ("deg", 1.0), "celsius": ("deg", 1.0), "fahrenheit": ("degF", 1.0),
    "megawatt": ("W", 1e6), "mw": ("W", 1e6), "gigawatt": ("W", 1e9), "gw": ("W", 1e9),
    "kilowatt": ("W", 1e3),
}  # fmt: skip
_SPELLED = {"feet": "foot", "inches": "inch", "meter": "metre", "kilometer": "kilometre"}
_SPELLED |= {"centimeter": "centimetre", "millimeter": "millimetre", "liter": "litre"}
_SPELLED |= {
    "centuries": "century",
    "pence": "penny",
    "kgs": "kg",
    "c": "celsius",
    "f": "fahrenheit",
}
_BOUNDS: tuple[tuple[Bound, str], ...] = (
    ("under", "nearly|almost|close to|just under|just short of|not quite|approaching|just below"),
    ("least", "at least|no fewer than|no less than|a minimum of|not less than|not fewer than"),
    (
        "most",
        "at most|up to|no more than|not more than|as many as|a maximum of|as much as|at the most",
    ),
    (
        "over",
        "(?:more|older|longer|higher|taller|larger|bigger|deeper|heavier|greater|better) than",
    ),
    ("over", "over|above|exceeding|in excess of|upwards? of"),
    ("most", "(?:less|fewer|younger|shorter|lower|smaller) than|under|below|within"),
    ("about", "about|around|roughly|approximately|some|(?:an? )?estimated|circa|in the region of"),
)
_BEFORE = tuple(
    (bound, re.compile(rf"\b(?:{words})\s+(?:an?\s+|the\s+|some\s+)?\Z", re.I))
    for bound, words in _BOUNDS
)
_AFTER: tuple[tuple[Bound, re.Pattern[str]], ...] = (
    ("least", re.compile(r"\s*(?:\w+ ){0,2}or (?:more|older|longer|above)\b|\s*\+(?!\w)|\s+plus\b", re.I)),
    ("most", re.compile(r"\s*(?:\w+ ){0,2}or (?:less|fewer|younger|under)\b", re.I)),
    ("about", re.compile(r"\s*(?:\w+ ){0,2}or so\b|-odd\b", re.I)),
)  # fmt: skip
_WORDS = "|".join((*_ONES, *_TENS, *_SCALES, "dozen", "hundreds", "thousands"))
_NUMBER = re.compile(
    rf"""(?P<sign>(?<![\w.,)])[-−–](?=\d)|\bminus\s+)?
    (?:(?P<money>(?:US|A|C|NZ|HK)?\$|[£€¥₹₽]|\b(?:{"|".join(_CODES)})(?=\s?\d))\s?)?
    (?:(?P<figure>(?<![\w.])\d+(?:,\d{{3}})*(?:\.\d+)?(?!\d))
       (?P<ordinal>(?:st|nd|rd|th)\b)?
       (?:\s?(?P<short>m|mn|mln|bn|tn|k)\b(?!\.\w)|[\s-]?(?P<scale>(?:hundred|thousand|million|billion|trillion|dozen))\b)?
     |\b(?P<words>(?:(?:{_WORDS})(?:[\s-]+(?:and\s+)?(?=(?:{_WORDS})\b))?)+)\b
    )""",
    re.X | re.I,
)
_SCORE = re.compile(r"(?<![\w.,/-])(\d{1,3})\s?[-–:]\s?(\d{1,3})(?![\w/]|[.,]\d|-\d)")
_FRACTION = re.compile(
    rf"\b(?:(?P<n>an?|{'|'.join(_ONES)}|\d)[\s-]+)?(?P<part>{'|'.join(_PARTS)})\b(?!-time| time| year)",
    re.I,
)
_BELOW_ZERO = re.compile(
    r"\s*(?:°|degrees?)?\s*(?:celsius|fahrenheit|c|f)?\s*(?:below (?:zero|freezing))\b", re.I
)
_UNIT = re.compile(
    r"(?:[-\s]*(?:an? )?(?:Swiss|US|Canadian|Australian|American|British|percentage|basis|square"
    r"|cubic|nautical)\b)?"
    r"[-\s]*(?P<unit>%|°\s?[CF]?|per\s?cent\b|percentage points?\b|basis points?\b|km/h"
    r"|kilomet(?:re|er)s? (?:an|per) hour"
    r"|miles? (?:an|per) hour|[A-Za-z]+\.?)",
)
_TURN = re.compile(r"(?<!close )(?<!up )\b(from|to|by)\s+(?:\S+\s+)?\Z", re.I)
PERCENTAGE_POINTS = "pp"


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number of a sentence, ``sentence[start:end]`` including its unit.

    ``value`` is in the base unit of its measure ``unit`` (such as ``%``, ``USD``, ``s``, ``m``;
    empty for counts). ``bound`` reflects words such as "nearly" or "more than"; ``any`` accepts
    the bound of the source. ``turn`` is "from", "to" or "by". ``second`` is the other number of a
    score. ``written`` is the figure as written, without scale and unit.
    """

    start: int
    end: int
    value: float
    unit: str = ""
    bound: Bound = ""
    turn: str = ""
    second: float | None = None
    ordinal: bool = False
    decimals: int = 0
    written: float = 0.0
    size: float = 1.0  # of the unit as written, in the base unit

    @property
    def count(self) -> float:
        """The number without its unit: 2 for two hours."""
        return self.value / self.size


def _quantities(text: str) -> tuple[Quantity, ...]:
    """Return the numbers of a sentence in order, with units only for money and fractions."""
    found = [*_scores(text)]
    taken = [(each.start, each.end) for each in found]
    for each in (*_fractions(text), *_numbers(text)):
        if not any(each.start < end and start < each.end for start, end in taken):
            found.append(each)
            taken.append((each.start, each.end))
    return tuple(sorted(found, key=lambda each: each.start))


def _scores(text: str) -> Iterator[Quantity]:
    for found in _SCORE.finditer(text):
        one, other = float(found[1]), float(found[2])
        if other - one < 1000 and len(found[1]) < 4:
            yield Quantity(found.start(), found.end(), one, second=other)
    for found in re.finditer(r"\b(\d{1,3}) votes? to (\d{1,3})\b", text):
        yield Quantity(found.start(), found.end(), float(found[1]), second=float(found[2]))


def _fractions(text: str) -> Iterator[Quantity]:
    for found in _FRACTION.finditer(text):
        over, count = (found["n"] or "").lower(), 1.0
        if over in {"a", "an"} and not re.match(
            r"\s*(?:of\b|\W|\Z)", text[found.end() :].lstrip(" ") or " "
        ):
            continue  # "a third month"
        if over in _ONES:
            count = _ONES[over]
        elif over.isdecimal():
            count = float(over)
        elif not over and found["part"].lower() != "half":
            continue  # "third" alone is an ordinal
        after = text[found.end() :]
        scale = re.match(
            r"[\s-]+(?:of\s+)?(?:an?\s+)?(million|billion|thousand|dozen|year)\b", after, re.I
        )
        value, end, unit = count / _PARTS[found["part"].lower()], found.end(), "part"
        if scale:
            name = scale[1].lower()
            value, unit = (
                value * (12.0 if name in {"year", "dozen"} else _SCALES[name]),
                "mo" if name == "year" else "",
            )
            end += scale.end()
        yield _bounded(text, Quantity(found.start(), end, value, unit, written=value))


def _numbers(text: str) -> Iterator[Quantity]:
    for found in _NUMBER.finditer(text):
        if found["figure"]:
            value = float(found["figure"].replace(",", ""))
            value *= _SHORT.get((found["short"] or "").lower(), 1.0)
            value *= (_SCALES | _SHORT).get((found["scale"] or "").lower(), 1.0)
            decimals = len(found["figure"].partition(".")[2])
        else:
            if (
                re.search(r"\b(?:below|above)\s+\Z", text[: found.start()])
                and found["words"].lower() == "zero"
            ):
                continue
            words = re.split(r"[\s-]+", found["words"].lower())
            if words == ["one"] or words[0] in {"hundreds", "thousands"}:
                continue
            value, decimals = _spelled(words), 0
        unit = _MONEY.get((found["money"] or "").strip()[-1:], (found["money"] or "").strip()[-3:])
        below = _BELOW_ZERO.match(text[found.end() :])
        sign = -1.0 if found["sign"] or below else 1.0
        yield _bounded(
            text,
            Quantity(
                start=found.start(),
                end=found.end(),
                value=sign * value,
                unit=unit.upper(),
                ordinal=bool(found["ordinal"]),
                decimals=decimals,
                written=float(found["figure"].replace(",", ""))
                if found["figure"]
                else _figure(value),
            ),
        )
    for found in re.finditer(rf"\b(?:{'|'.join(_ORDINALS)})\b(?!\s+of\s+(?:all|a\b))", text, re.I):
        yield Quantity(found.start(), found.end(), _ORDINALS[found.group().lower()], ordinal=True)


def _spelled(words: Sequence[str]) -> float:
    total = run = 0.0
    for word in words:
        if word in _SCALES or word == "dozen":
            scale = _SCALES.get(word, 12.0)
            run = (run or 1.0) * scale
            if scale >= 1e3:
                total, run = total + run, 0.0
        else:
            run += _ONES.get(word, _TENS.get(word, 0.0))
    return total + run


def _figure(value: float) -> float:
    while value >= 1000 and value % 1000 == 0:
        value /= 1000
    return value


def _bounded(text: str, found: Quantity) -> Quantity:
    before, after = text[max(0, found.start - 40) : found.start], text[found.end : found.end + 40]
    turn = _TURN.search(before)
    bounds = [bound for bound, words in _BEFORE if words.search(before)]
    bounds += [bound for bound, words in _AFTER if words.match(after)]
    return replace(found, bound=bounds[0] if bounds else "", turn=turn[1].lower() if turn else "")


def quantities(text: str) -> tuple[Quantity, ...]:
    """Return the quantities of a sentence with their units."""
    found = [_measured(text, each) for each in _quantities(text)]
    # "5 to 7 million euros", "from 4.5 to 4 percent": the first has the unit of the second.
    for place, (one, other) in enumerate(pairwise(found)):
        between = text[one.end : other.start]
        if not one.unit and other.unit and re.fullmatch(r"\s*(?:to|and|or|-|–)\s*", between):
            value = one.value * other.size
            found[place] = replace(one, unit=other.unit, value=value, size=other.size)
    return tuple(found)


def _measured(text: str, found: Quantity) -> Quantity:
    if found.unit not in {"", "part"} or found.ordinal or found.second is not None:
        return found
    unit = _UNIT.match(text, found.end)
    if not unit:
        return found
    name = unit["unit"].lower().rstrip(".")
    if name.startswith("basis") or (name.startswith("point") and "basis" in unit.group()):
        return replace(found, unit=PERCENTAGE_POINTS, value=found.value / 100, end=unit.end())
    point = name.startswith("point") and "percentage" in unit.group()
    if point or name == "%" or name.replace(" ", "").startswith("percent"):
        return replace(found, unit=PERCENTAGE_POINTS if point else "%", end=unit.end())
    if name.startswith("°"):
        return replace(found, unit="degF" if name.endswith("f") else "deg", end=unit.end())
    if (name.endswith("hour") and " " in name) or name == "km/h":
        name = "mph" if name.startswith("mile") else "kmh"
    name = _SPELLED.get(name, name)
    one = name if name in _UNITS else name.removesuffix("s")
    one = _SPELLED.get(one, one)
    if one in _CURRENCY:
        return replace(found, unit=_CURRENCY[one], end=unit.end())
    if one in _UNITS and not (
        len(one) == 1 and not text[unit.start() : unit.end()].strip().isupper()
    ):
        measure, size = _UNITS[one]
        return replace(found, unit=measure, value=found.value * size, size=size, end=unit.end())
    return found
