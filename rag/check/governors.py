"""Words that make a clause something other than a fact: denied, planned, possible, alleged."""

NEGATING = frozenset(
    "fail refuse deny decline avoid prevent stop reject lack cancel miss dismiss forget forbid "
    "prohibit ban abandon postpone".split()
)
_PLANS = frozenset(
    "plan intend expect hope want aim agree promise vow pledge prepare schedule threaten offer propose "
    "due set ready decide mean wish look plans intention hopes expectation bound".split()
)
_DEMANDS = frozenset(
    "call urge ask order need require demand recommend appeal want have must should advise tell "
    "oblige force".split()
)
_ALLOWS = frozenset(
    "allow permit let consider able enable entitle free authorise authorize".split()
)
_ALLEGES = frozenset(
    "allege claim accuse suspect believe think fear charge suggest argue insist rumour rumor imagine "
    "doubt speculate".split()
)
_SEEMS = frozenset("appear seem likely unlikely".split())
_TRIES = frozenset("try attempt seek bid struggle effort".split())
SAYS = frozenset(
    "say tell announce report confirm warn add state declare insist note explain admit concede "
    "reveal disclose write predict know find show acknowledge claim allege believe think argue "
    "suggest complain ask call deny".split()
)
IFS = frozenset("if unless whether provided providing should supposing".split())
MODALS = {"will": "plan", "shall": "plan", "'ll": "plan", "wo": "plan", "would": "would"}
MODALS |= {"may": "may", "might": "may", "could": "may", "can": "may", "ca": "may"}
MODALS |= {"must": "must", "should": "must", "ought": "must"}
ADVERBS = {"allegedly": "alleged", "reportedly": "alleged", "possibly": "may", "perhaps": "may"}
ADVERBS |= {"probably": "may", "likely": "may", "maybe": "may", "never": "not", "hardly": "not"}
CLAUSES = frozenset("ccomp xcomp pcomp acl csubj dobj pobj prep attr acomp advmod".split())
GOVERNED = frozenset("xcomp ccomp pcomp acl".split())
# Words that turn a clause depending on them by these relations into something other than a fact.
GOVERNING = (
    (_PLANS | {"be"}, GOVERNED | {"advcl"}, "plan"),
    (_DEMANDS - {"tell", "want", "have"}, GOVERNED | {"pobj", "prep"}, "must"),
    (frozenset(("have",)), frozenset(("xcomp",)), "must"),
    (_ALLOWS | _SEEMS, GOVERNED, "may"),
    (_ALLEGES, CLAUSES, "alleged"),
    (_TRIES, GOVERNED, "tries"),
)
