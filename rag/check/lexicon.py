"""Lexical relations from WordNet 3.1: synonyms, opposites and word families.

``benchmarks/make_lexicon.py`` builds ``wordnet.txt.gz`` from its data: common senses of common
words. Usage in news that differs from dictionaries is added by hand.
"""

import gzip
from functools import lru_cache
from importlib.resources import files
from typing import Literal

Relation = Literal["same", "family", "wider", "opposed", ""]
_MOST_SENSES = 6
_FIRST = 2  # senses of a word whose wider senses are looked up

# Each line: words that are interchangeable in news.
_SAME = """
say tell state announce report declare add comment remark
die death dead fatality lose_life killed
kill murder slay shoot_dead
wound injure hurt
resign quit step_down leave stand_down
shut close
buy purchase acquire take_over
reopen open
begin start launch commence open get_under_way kick_off
end finish conclude complete
rise climb increase grow go_up gain jump surge up
fall drop decline decrease shrink go_down slip tumble sink down
cut lower reduce slash
raise increase lift put_up hike
arrest detain hold
win victory triumph
beat defeat overcome
vote_down reject turn_down
approve authorise authorize back clear pass
allow permit let may able
ban prohibit forbid bar outlaw
need must have_to require
help aid assist support
bid attempt try effort
worker employee staff
company firm business maker
police officer
troops soldier force
child kid
money fund cash
home house household
car vehicle
blaze fire
ask request seek call
talk discussion negotiation
plan intend aim want propose
pay finance fund
head run lead chair
get receive
get reach arrive
find discover
uphold keep retain maintain
cancel scrap axe drop call_off abandon
postpone delay put_off
film movie
judge court
doctor physician
people person resident inhabitant
former ex old
previous former
autumn fall
big large major
small little minor
power electricity
road street
hope want
believe think
fear worry
country nation
attack assault
agree deal accord
deal pact agreement treaty
leader chief head boss
match game
flee escape
hit strike
ship vessel boat
plane aircraft jet
shop store
deny reject dispute
claim allege accuse
sick ill
rebel insurgent
army military
bill law legislation
pass overtake
use employ
carry transport
weigh weight
support back favour favor backing endorse
against oppose opposition
hurt casualty
near close
withdraw pull take
ceasefire truce
vow promise pledge
warn caution
build construct erect
building construction
rule decide decision ruling
jail imprison prison
sentence jail
sack fire dismiss
appoint name hire
half-time interval
nearly almost close
majority most
"""

# Each line: two groups of words that cannot both be true.
_OPPOSED = """
rise increase climb grow gain jump surge up higher | fall drop decline decrease shrink sink slip
rise increase climb grow gain jump surge up higher | down lower lose cut
open reopen | close shut
win beat defeat | lose
pass approve back accept authorise authorize allow permit clear | reject refuse ban prohibit
pass approve back accept authorise authorize allow permit clear | oppose deny block forbid bar
uphold keep | overturn lift quash scrap reverse strike_down
profit | loss
buy | sell
start begin | end finish stop
arrive enter | leave depart
before | after
above | below
admit concede confess acknowledge confirm | deny
import | export
release free | detain arrest jail
support favour favor back | oppose against
north northern | south southern
east eastern | west western
increase | reduce
raise | lower cut reduce
appoint hire | sack dismiss fire
join | leave quit
find | lose
acquit clear | convict
guilty | innocent
alive survive live | dead die
first | last
early | late
more | less fewer
succeed | fail
hot | cold
old | new
man | woman
male | female
father | mother
son | daughter
brother | sister
men | women
boy | girl
king | queen
day | night
morning | evening afternoon
strengthen | weaken
widen | narrow
public | private
safe | dangerous
legal | illegal
agree | disagree refuse
win victory | defeat loss
increase growth | fall decline
reward praise | criticise criticize condemn
left | right
maximum most | minimum least
lend | borrow
push | pull
hire | fire
suspend | resume restore
withdraw | deploy
possible | impossible
likely | unlikely
able | unable
lawful | unlawful
brother | son father nephew
"""


@lru_cache(maxsize=1)
def _book() -> tuple[dict[str, list[int]], list[tuple[str, ...]], set[str], dict[str, set[str]]]:
    text = gzip.decompress(files("rag.check").joinpath("wordnet.txt.gz").read_bytes()).decode()
    groups, opposed, forms = text.split("\n-\n")
    ranked: dict[str, list[tuple[int, int]]] = {}
    above: list[tuple[str, ...]] = []
    for number, line in enumerate(groups.splitlines()):
        kind, words, up = line.split(" ")
        above.append(tuple(up.split(",")) if up else ())
        for word in words.split(","):
            ranked.setdefault(f"{word[:-1]} {kind}", []).append((int(word[-1]), number))
    senses = {word: [number for _, number in sorted(found)] for word, found in ranked.items()}
    family: dict[str, set[str]] = {}
    for one, other in (line.split() for line in forms.splitlines()):
        family.setdefault(one, set()).add(other)
        family.setdefault(other, set()).add(one)
    return senses, above, set(opposed.splitlines()), family


@lru_cache(maxsize=1)
def _by_hand() -> tuple[dict[str, frozenset[int]], frozenset[tuple[str, str]]]:
    same: dict[str, set[int]] = {}
    for number, line in enumerate(_SAME.strip().splitlines()):
        for word in line.split():
            same.setdefault(word, set()).add(number)
    opposed = set[tuple[str, str]]()
    for line in _OPPOSED.strip().splitlines():
        one, other = (side.split() for side in line.split("|"))
        opposed |= {(a, b) for a in one for b in other} | {(b, a) for a in one for b in other}
    return {word: frozenset(groups) for word, groups in same.items()}, frozenset(opposed)


@lru_cache(maxsize=100_000)
def relation(one: str, other: str, kinds: str = "vnar") -> Relation:
    """Return how two lemmas are related.

    ``same`` covers synonyms; ``wider`` means that one is a kind of the other; ``family`` covers
    pairs like "resign" and "resignation". ``kinds`` are the parts of speech that both have: v, n,
    a, r.
    """
    if one == other:
        return "same"
    same, opposed = _by_hand()
    if (one, other) in opposed:
        return "opposed"
    if same.get(one, frozenset()) & same.get(other, frozenset()):
        return "same"
    _, _, opposites, family = _book()
    if " ".join(sorted((one, other))) in opposites:
        return "opposed"
    if other in family.get(one, ()):
        return "family"
    return _by_senses(one, other, kinds) or _by_family(one, other)


def _by_senses(one: str, other: str, kinds: str) -> Relation:
    senses = _book()[0]
    for kind in kinds:
        mine, yours = senses.get(f"{one} {kind}", []), senses.get(f"{other} {kind}", [])
        if set(mine[:_MOST_SENSES]) & set(yours[:_MOST_SENSES]):
            return "same"
        if _reaches(mine[:_FIRST], yours[:_FIRST]) or _reaches(yours[:_FIRST], mine[:_FIRST]):
            return "wider"
    return ""


def _by_family(one: str, other: str) -> Relation:
    """Return ``family`` if the second is a synonym of a word of the first one's family."""
    senses, _, _, family = _book()
    mine = (senses.get(f"{word} {kind}", []) for word in family.get(one, ()) for kind in "vna")
    yours = {sense for kind in "vna" for sense in senses.get(f"{other} {kind}", [])}
    return "family" if any(yours & set(found) for found in mine) else ""


def _reaches(low: list[int], high: list[int]) -> bool:
    return bool(_ups(low) & set(high))


def _ups(senses: list[int]) -> set[int]:
    _, above, _, _ = _book()
    return {int(up) for sense in senses for up in above[sense]}
