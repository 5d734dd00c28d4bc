"""A lexicon of news page boilerplate: the lines that surround an article.

It has two strengths. :func:`is_boilerplate` is certain: the whole short line is boilerplate
regardless of context. :func:`hints` only counts indicative words, which the scorer weighs against
other features. Mainly English, with the commonest labels of French, German, Spanish, Portuguese and
Italian.
"""

import re

from rag.text import sentences

_SURE = (
    # navigation
    r"(?:skip|jump|go|scroll) (?:directly |back )?to (?:the |article |main )*"
    r"(?:content|navigation|nav|footer|search|top|article|comments|main)\b.{0,40}",
    r"(?:aller au contenu|zum inhalt|ir al contenido|pular para|vai al contenuto|accessibility "
    r"links).{0,40}",
    r"back to (?:the )?(?:top|home(?:page)?)|(?:show|hide|open|close|toggle|main|site|full) (?:menu"
    r"|navigation|search|caption)",
    r"menu|navigation|home ?page|search(?: for)?|loading|please wait|share this|permalink|trackbacks?"
    r"|fullscreen|enlarge(?: this)? image",
    r"(?:previous|next|older|newer) (?:article|story|post|page|entry|video)s?\b.{0,150}",
    # advertising
    r"(?:\w+ )?(?:advertis(?:e?ment|ing)s?|adverts?|publicit[ée]|anzeige|werbung|publicidade?"
    r"|pubblicit[àa])(?: - .{0,60})?",
    r"(?:sponsored|promoted|paid)(?: (?:by|content|links?|stories|post).{0,40})?",
    r"(?:story|article) continues below.{0,40}|continue reading(?: below.{0,40})?",
    # accounts and newsletters
    r"(?:sign|log) ?-?(?:in|up|out|on)(?: (?:to|for|with|now|here|today|or|and)\b.{0,80})?|register(?: "
    r"(?:now|here|free|today))?",
    r"subscri(?:be|ption)s?(?: (?:now|today|here|to|for)\b.{0,80})?|my account|become a (?:member"
    r"|subscriber).{0,60}",
    r"(?:daily |weekly |morning |evening |our |free |the |email |e-mail )*newsletters?(?:\W.{0,100}"
    r"|(?:receive|sign|get)\b.{0,100})?",
    r"(?:get|receive|keep up|stay|sign up|subscribe|download|install|never miss|want more|join"
    r"|enter)\b.{0,120}\b"
    r"(?:newsletters?|inbox|e-?mail (?:address|alerts?|updates?)|notifications?|(?:our|the|free|mobile"
    r"|news|[A-Z\d]{2,8}) app)\b.{0,60}",
    # comments and sharing
    r"(?:(?:view|show|hide|read|load|see|post|add|leave|write|join) )?(?:a |all |the |your |more "
    r")*(?:\(?[\d,.]+\)? )?"
    r"(?:comments?|conversation|reply|replies|discussion|kommentare?|commentaires?|coment[aá]rios?)"
    r"(?: (?:below|here|now|policy|section|are closed|\(?\d+\)?))?",
    r"(?:follow|like|find|join|contact|about) us\b.{0,80}|follow @?\w+(?: \w+){0,2}(?: on .{0,40})?|link "
    r"copied|copy link",
    r"be the first to .{0,60}|(?:tell us )?what (?:do )?you think.{0,60}",
    # links to other articles
    r"(?:also |and )?(?:read|see|watch|related|recommended|lire aussi|à lire aussi|lesen sie auch|lea "
    r"también|leia (?:também|mais)|leggi anche)"
    r"(?: (?:more|also|next|now|on|too|(?:the )?full story|articles?|stories|content|coverage|topics|news"
    r"|links|posts?|reading|this))*"
    r"\s*(?:[:>»→].{0,200}|\.\.\.|…)",
    r"(?:read|see|watch|show|load|view) (?:more|also|next|all)(?: (?:about|on|from|news|stories"
    r"|articles)\b.{0,60})?",
    r"(?:related|recommended|similar) (?:articles?|stories|content|coverage|topics|news|links|posts?"
    r"|reading|videos?|tags)|related",
    r"(?:don[’']t miss|up next|what to read next|editor[’']?s?[’']? picks?|you (?:may|might) (?:also "
    r")?(?:like|be interested in))(?:\s*[:>»→].{0,200})?",
    r"(?:most|more) (?:read|popular|viewed|shared|watched|commented|recent|from .{0,40}|stories|videos?"
    r"|headlines|top stories)(?: (?:in|on|from|news)\b.{0,40})?",
    r"(?:trending|popular|latest|top|breaking|featured|recent)(?: (?:now|news|stories|articles|posts"
    r"|headlines|videos?|topics))+|trending",
    r"(?:tags?|topics?|filed under|categor(?:y|ies)|keywords?|labels?|etiquetas|schlagworte|mots[- "
    r"]clés)\s*:.{0,200}|tags|(?:related )?topics|categories",
    # legal notices
    r"(?:copyright|©|\(c\) ?(?:19|20)).{0,150}|(?:.{0,80} )?all rights reserved\b.{0,80}|.{0,60}© "
    r"?(?:copyright )?(?:19|20)\d\d.{0,80}",
    r"(?:privacy|cookies?|terms|accessibility|legal|adchoices|ad choices)(?: (?:policy|notice|settings"
    r"|preferences|cent(?:re|er)|statement|and|&|of|use"
    r"|services?|conditions|terms|privacy))+|(?:advertise|work|jobs) with us|do not sell .{0,60}",
    r"(?:we|this (?:web)?site|our (?:web)?site) uses? cookies.{0,200}|(?:accept|reject|manage)(?: (?:all"
    r"|cookies|preferences|settings|options|and close))+",
    r"by (?:continuing|using|clicking|browsing|signing|subscribing|submitting)\b.{0,60}\b(?:site|website"
    r"|cookies|terms|accept|agree)\b.{0,100}",
    r"(?:page|article|content|(?:error )?40[34]\W*(?:page )?) ?(?:not|no longer) (?:found"
    r"|available).{0,60}",
    r"the (?:content|page|article) you (?:have )?(?:requested|(?:are|were) looking for)\b.{0,100}",
    # media
    r"(?:click|tap|swipe) (?:here|to|on|through)\b.{0,60}|(?:listen|watch) (?:to )?(?:this|now|live)(?: "
    r"(?:article|story|video))?",
    r"(?:photo|image|picture|video|graphic|foto|bild|photograph)s?(?: (?:credit|source|by|caption|courtesy"
    r"|copyright)s?)*\s*(?::|©|/).{0,160}",
    r"(?:image|photo) (?:credit|source|caption|copyright)s?\b.{0,100}|(?:play|pause|mute|replay|embed)(?: "
    r"video)?|getty images|transcript",
    r"(?:\d+|one|two|three|four|five)[- ]min(?:ute)?s?(?: read| to read| listen)?|reading time\b.{0,30}"
    r"|(?:\d+|an?) (?:shares?|views|likes)",
    r"(?:please )?(?:enable|turn on) (?:javascript|cookies).{0,100}|your browser (?:does not|is)\b.{0,150}",
)
_CERTAIN = re.compile(rf"\W*(?:{'|'.join(_SURE)})\W*", re.IGNORECASE)
_NETWORKS = frozenset(
    "share tweet pin email e-mail whatsapp facebook twitter linkedin reddit telegram messenger pinterest "
    "instagram youtube flipboard pocket bluesky mastodon tumblr teilen partager compartir compartilhar "
    "condividi drucken imprimir imprimer".split()
)
_BESIDE_NETWORKS = _NETWORKS | frozenset(
    "print save copy send post link article story page this on to via by with your friends google "
    "x and a it in the more options button buttons icon shares follow us sms".split()
)
_CREDIT = re.compile(
    r"\bgetty\b|\bshutterstock\b|\bpicture alliance\b|\b(?:AP|pool|file|handout|stock) (?:photo|pic"
    r"|image)\b|\b(?:photo|image|picture)s? ?(?:by|credit|:|/|courtesy)"
    r"|\bcourtesy of\b|\bcredit: |\bvia (?:AP|REUTERS|AFP)\b|©"
    r"|(?:[-–—/(|]\s*|\.\s+)(?-i:AFP|AP|EPA|REUTERS|Reuters|DPA|dpa|PA|ANSA|EFE|ANP|TASS|Xinhua|Bloomberg"
    r"|RFI)\s*[-–—/|,]\s*(?-i:[A-ZÀ-Þ])[\w.'’ -]{2,40}\)?\W*$"
    r"|(?-i:[A-ZÀ-Þ])[\w.'’-]+ ?/ ?(?-i:AFP|AP|EPA|REUTERS|Reuters|DPA|dpa|PA|ANSA|EFE|ANP|TASS|Xinhua"
    r"|Bloomberg)\b[^.]{0,20}\W*$",
    re.IGNORECASE,
)
_HINT_WORDS = frozenset(
    "newsletter newsletters cookie cookies subscribe subscribers subscription subscriptions privacy "
    "copyright advertise "
    "advertisement advertisements advertising advertisers inbox unsubscribe facebook twitter instagram "
    "whatsapp youtube "
    "comment comments email emails e-mail download related sponsored trending password javascript browser "
    "getty shutterstock".split()
)
_HINT_PHRASES = re.compile(
    "sign up|sign in|log in|terms of|all rights|follow us|follow him|follow her|follow me|follow them"
    "|click here"
    "|read more|share this|contact us|app store|google play|most read|editor['’]s note|terms and "
    "conditions|[©»›|→]"
)
_NO_POINTS = str.maketrans(dict.fromkeys('()[]:,;.!?"“”', " "))
_MONTH = (
    r"(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|janv|févr|avr|mai|juin|juil|août|märz|okt|dez|ene"
    r"|abr"
    r"|ago|dic|fev|set|out|gen|mag|giu|lug|ott)[^\W\d]*\.?"
)
_DAY = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|º|\.)?[ /-]+(?:de )?{_MONTH}|{_MONTH}[ /-]+\d{{1,2}}(?:st|nd|rd"
    rf"|th)?\b)(?:,? (?:de )?(?:19|20)\d\d)?"
    r"|\d{4}[./-]\d{1,2}[./-]\d{1,2}|\d{1,2}[./-]\d{1,2}[./-](?:\d{4}|\d\d)"
)
_DATE_LINE = re.compile(
    rf"\W*(?:[^\d.!?]{{0,40}}\W)?(?:\d{{1,2}}[:.h]\d\d\s*(?:[ap]\.?m\.?)?\W*(?:[A-Z]{{2,4}})?\W*)?(?:{_DAY})\b.{{0,45}}"
    r"|\W*(?:\d+|an?|one) (?:second|minute|min|hour|hr|day|week|month|year)s? ago\W*"
    r"|\W*(?:(?:first |last )?(?:published|posted|updated|modified))\b.{0,60}",
    re.IGNORECASE,
)
_NAME = r"(?:[A-ZÀ-Þ][\w.'’-]*|de|van|von|der|and|et|und|y|e|&|da|la|le|for|of|in|at|with)"
_BYLINE = re.compile(
    rf"\W*(?:(?:[Ww]ritten |[Pp]osted |[Ss]tory |[Rr]eported |[Aa]nalysis |[Oo]pinion |[Tt]ext )?(?:[Bb]y"
    rf"|BY|[Vv]on|[Pp]ar|[Pp]or)|Text:|Author:|Byline:)\s*:?\s+"
    rf"(?P<names>[A-ZÀ-Þ][\w.'’-]*(?:,? {_NAME}){{0,9}})\W*(?:[|•·,/–-].{{0,80}})?"
)
_BYLINE_END = re.compile(rf"(?:^|[\W_])[Bb]y (?P<names>[A-ZÀ-Þ][\w.'’-]*(?: {_NAME}){{1,9}})\W*$")
_PICTURED = re.compile(
    r"^\W*(?:file|archive)\b|\b(?:photo|photograph|image|picture|pictured|(?:is|are) seen|poses)\b",
    re.IGNORECASE,
)
# Cheap prefilters: the costly patterns above can match only where these do.
_CREDIT_SIGN = re.compile(
    r"[pP][hH][oO][tT]|[iI]mage|[pP]ic|[gG]etty|[sS]hutter|[cC]ourtesy|[cC]redit|via|[/©|–—-]|\. "
)
_DATE_SIGN = re.compile(r"\d|ago|ublished|pdated|osted|odified|[UP][PO][DS][AT][TE]")
_BYLINE_SIGN = re.compile(r"[Bb][Yy]|von|Von|[Pp][ao]r|Text:|Author:")
# What a site shows in place of an article: consent, subscription, login.
_NOTICE = re.compile(
    r"\b(?:cookies?|subscri(?:be|bers?|ptions?)|javascript|browser|privacy policy|paywall|captcha"
    r"|(?:sign|log) in|regist(?:er|ration)|(?:unlimited|full) access|(?:an?|your) (?:free )?account)\b",
    re.IGNORECASE,
)
_NOTICE_WORDS = 150  # an article that is longer is one, whatever it is about
_MOST_WORDS = 30
_CREDIT_REACH = 120  # characters at the end of a line


def is_boilerplate(line: str) -> bool:
    """Return whether the whole line is boilerplate, regardless of its context."""
    if len(line) > 300:
        return False
    words = line.split()
    if len(words) > _MOST_WORDS:
        return False
    if _CERTAIN.fullmatch(line):
        return True
    labels = [word.strip("()[]:,;.|/•·+-").lower() for word in words]
    labels = [label for label in labels if label and not label.isdigit()]
    return bool(labels) and _BESIDE_NETWORKS.issuperset(labels) and not _NETWORKS.isdisjoint(labels)


def is_notice(text: str) -> bool:
    """Return whether a whole text seems to be only a notice: cookies, subscription, JavaScript."""
    if len(text.split()) > _NOTICE_WORDS:
        return False
    lines = [text[start:end] for start, end in sentences(text)]
    signs = sum(bool(_NOTICE.search(line)) or is_boilerplate(line) for line in lines)
    return len(lines) > 1 and 2 * signs >= len(lines)


def is_credit(line: str) -> bool:
    """Return whether the line ends with a photographer or picture agency, as captions do."""
    end = line[-_CREDIT_REACH:]
    return bool(_CREDIT_SIGN.search(end)) and bool(_CREDIT.search(end))


def hints(line: str) -> int:
    """Count the words and phrases in the line that indicate boilerplate."""
    small = line.lower()
    words = len(_HINT_WORDS.intersection(small.translate(_NO_POINTS).split()))
    return words + len(_HINT_PHRASES.findall(small))


def is_date_line(line: str) -> bool:
    """Return whether the line is only a date or time of publication."""
    if line.endswith(".") and not line.endswith("m."):  # a sentence, unless it ends in "a.m."
        return False
    return len(line) < 120 and bool(_DATE_SIGN.search(line)) and bool(_DATE_LINE.fullmatch(line))


def dates_article(line: str) -> bool:
    """Return whether the line gives the day of publication, not the day of a picture."""
    return is_date_line(line) and not is_caption(line)


def is_caption(line: str) -> bool:
    """Return whether the line credits or describes a picture."""
    return is_credit(line) or bool(_PICTURED.search(line))


def byline(line: str) -> str:
    """Return the names after ``By`` (or its equivalents) if the line contains nothing else, or ''.

    A date line may end with them: ``The Echo, 3 May 2021. By Ann Lee``.
    """
    if len(line) > 160:
        return ""
    match = _BYLINE.fullmatch(line) if _BYLINE_SIGN.search(line) else None
    if not match and is_date_line(line):
        match = _BYLINE_END.search(line)
    return match["names"] if match else ""
