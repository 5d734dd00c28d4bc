"""Function words by language: frequent in running text, rare in menus and headlines."""

import re

_BY_LANGUAGE = {
    "en": "a about after also an and are as at be been but by can could did do for from had has have he "
    "her his how if in into is it "
    "its more not of on one or our out said she so some than that the their them there they this to up was "
    "we were what when which "
    "who will with would you",
    "fr": "le la les des du et est une un dans pour que qui sur pas par au aux avec ce il elle cette ont "
    "mais plus son ses était",
    "de": "der die das und ist nicht ein eine zu den von mit auf im dem sich auch für es hat als wird bei "
    "einen sie aus wie nach",
    "es": "el los las y en del se con por su al lo más o que una un de la para como pero ha fue este sus "
    "no es",
    "pt": "o os as da do na no em um uma não para com que se por mais dos das ao foi seu sua é também",
    "it": "di che è il gli non per della un una del con si nel sono alla anche più ha dei da le la lo",
    "nl": "de het een van en in is dat op te zijn voor met die niet aan er ook als bij door naar heeft "
    "maar om",
}
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("el", re.compile(r"[\u0370-\u03ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("he", re.compile(r"[\u0590-\u05ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
    ("th", re.compile(r"[\u0e00-\u0e7f]")),
)
_LETTERS = re.compile(r"[^\W\d_]+")
_SAMPLE = 3000  # characters; ample for language detection
_UKRAINIAN = re.compile(r"[іїєґ]")

WORDS = {language: frozenset(words.split()) for language, words in _BY_LANGUAGE.items()}
FUNCTION_WORDS = frozenset().union(*WORDS.values())


def language(text: str) -> str:
    """Guess the ISO 639-1 code of a text's language by script and function words, or ''."""
    sample = text[:_SAMPLE]
    words = _LETTERS.findall(sample.lower())
    letters = max(1, sum(map(len, words)))
    for code, script in _SCRIPTS:
        # One kana in twenty suffices for Japanese, which shares its other characters with Chinese.
        if len(script.findall(sample)) / letters > (0.05 if code == "ja" else 0.3):
            return "uk" if code == "ru" and len(_UKRAINIAN.findall(sample)) > letters / 50 else code
    shares = {code: sum(word in known for word in words) for code, known in WORDS.items()}
    best = max(shares, key=lambda code: shares[code])
    return best if shares[best] > max(2, 0.12 * len(words)) else ""
