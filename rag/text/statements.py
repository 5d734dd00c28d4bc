"""Which sentences state something: questions do not, nor do instructions to a language model."""

import re

_QUOTED = re.compile(r"[\"“”][^\"“”]*[\"“”]")
# Where the verb of an order stands.
_ORDER = (
    r"(?:^\W{0,9}|[,;:.]\s|\b(?:and|or|then|now|please|always|only|just|must|should|shall|will)\s)"
)
_REPLY = r"(?:answer|reply|respond|output)"
# The reader of the articles, as those who plant instructions in them call it.
_MODEL = (
    r"(?:chat ?bots?|(?:language|ai) models?|llms?|ais?"
    r"|(?:ai|digital) (?:assistants?|systems?|agents?|tools?))"
)
_INSTRUCTIONS = re.compile(
    "|".join(
        (
            # Marks of chat templates and of a prompt's fence; names of roles.
            r"<\|[^|]{1,40}\|>|\[/?(?:inst|sys)\]|<</?sys>>|</?(?:source|system|user|assistant)\b[^>]{0,40}>",
            r"^\W{0,9}(?:system|user|assistant|human)(?: (?:message|prompt|note|turn))?\s?:",
            # "Ignore all previous instructions"
            rf"{_ORDER}(?:ignore|disregard|forget|override)\s(?:\w+\s){{0,4}}"
            r"(?:instructions?|rules?|prompts?|articles?|sources?|context|documents?|passages?|texts?|above)\b",
            # An order to reply "with" or "only" something, to "reply:" or to reply "to every question".
            rf"{_ORDER}{_REPLY}\s(?:only|exactly|always|instead|simply|just|with|as follows)\b",
            r"(?:\b(?:and|then|please|always|only|must|should)\s|,\s)(?:answer|reply|respond|output)\s?:",
            r"\b(?:antworte|répond(?:s|ez)|respond[ae]|rispondi)\b",
            r"\b(?:to|for) (?:every|any|all|each) (?:questions?|prompts?|queries|query)\b",
            rf"\b(?:you|assistants?|{_MODEL})\s(?:must|should|shall|have to|are to|may only|can only)\s"
            r"(?:\w+\s){0,2}"
            rf"(?:{_REPLY}|write|cite|quote|summari[sz]e|repeat)\b",
            r"\bcorrect (?:answer|reply|response)\b",
            r"\b(?:in|into|of|from|begin|start|end|limit|restrict|override) your "
            r"(?:answers?|reply|replies|response|summary)\b",
            r"\byour (?:instructions|system prompt|(?:previous|prior) (?:rules|instructions))\b",
            r"\b(?:new|updated?|secret|hidden|system) (?:rules?|instructions?|prompts?)\s?:",
            # "If you are an AI", "Attention, language models"
            rf"\b(?:as|if you are|you are(?: now)?|dear|attention,?|note (?:to|for|from)(?: \w+){{0,4}})"
            rf" (?:an? |the |all |this |any )?(?:{_MODEL}|this assistant)\b",
        )
    ),
    re.IGNORECASE,
)


def asks(sentence: str) -> bool:
    """Return whether a sentence ends in a question mark; one that quotes a question does not."""
    return sentence.rstrip().endswith(("?", "？"))


def instructs(sentence: str) -> bool:
    """Return whether a sentence tells a language model what to do, as planted instructions do.

    What stands in quotation marks does not count: a report on such instructions states something.
    """
    return bool(_INSTRUCTIONS.search(_QUOTED.sub(" ", sentence)))


def states(sentence: str) -> bool:
    """Return whether a sentence states something."""
    return not asks(sentence) and not instructs(sentence)
