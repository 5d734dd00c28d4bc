"""What the furniture of a news page says: a small lexicon of the lines that surround an article.

Two strengths. ``is_furniture`` is sure: the whole short line is page furniture wherever it stands.
``furniture_hits`` only counts tell-tale words, for the scorer to weigh against other features.
English first, with the commonest words of French, German, Spanish, Portuguese and Italian sites.
"""

import re

_SURE = re.compile(
    r"""^\W*(?:
      (?:skip|jump|go|scroll)\ (?:directly\ |back\ )?to\ (?:the\ )?(?:main\b|content|navigation|footer|search|top|article|comments).*
    | (?:aller\ au\ contenu|zum\ inhalt|ir\ al\ contenido|pular\ para|vai\ al\ contenuto).*
    | back\ to\ (?:top|the\ top|home(?:page)?)
    | (?:\w+\ )?(?:advertis(?:e?ment|ing)s?|adverts?|publicit[ée]|anzeige|werbung|publicidade?|pubblicit[àa])
      (?:\ \W*.{0,40})?
    | sponsored(?:\ (?:by|content|links?|stories).{0,40})?|promoted(?:\ (?:by|content|stories))?|paid\ content
    | (?:(?:show|hide|view|open|close|toggle|read|load|see|post|add|leave|write|join)\ )?
      (?:a\ |all\ |the\ |your\ |more\ |main\ |site\ )*(?:\(?[\d,.]+\)?\ )?
      (?:menu|navigation|search|comments?|conversation|reply|replies|discussion|kommentare?|commentaires?|comentarios?|comentários?)
      (?:\ (?:below|here|now|policy|section|are\ closed|\(?\d+\)?))?
    | (?:sign|log)\ ?-?(?:in|up|out|on)(?:\b.{0,60})?|register(?:\ (?:now|here|for\ free|today))?
    | subscri(?:be|ption)s?(?:\ (?:now|today|here|to|for|from)\b.{0,80})?|become\ a\ (?:member|subscriber).{0,60}|my\ account
    | (?:share|tweet|pin|email|e-mail|print|save|copy|send|like|post|whatsapp|facebook|twitter|linkedin|reddit|telegram|messenger
        |pinterest|instagram|youtube|flipboard|pocket|bluesky|threads|mastodon|tumblr|link|article|story|page|this|on|to|via|by|with|your|friends
        |google\+?|teilen|partager|compartir|compartilhar|condividi|imprimir|\d+|shares?|x|&|and|a|it|in|the|more|options|buttons?|icon|icone|link\ copied)
      (?:[\s:,|/•·]+(?:share|tweet|pin|email|e-mail|print|save|copy|copied|send|like|post|whatsapp|facebook|twitter|linkedin|reddit|telegram|messenger
        |pinterest|instagram|youtube|flipboard|pocket|bluesky|threads|mastodon|tumblr|link|article|story|page|this|on|to|via|by|with|your|friends
        |google\+?|\d+|shares?|x|&|and|a|it|in|the|more|options|buttons?|icon|icone)){0,9}
    | (?:also\ )?(?:read|see|watch|listen|related|recommended|more\ on\ this|lire\ aussi|à\ lire\ aussi|lesen\ sie\ auch|lea\ también|leia\ (?:também|mais)|leggi\ anche)
      (?:\ (?:more|also|next|now|on|too|full\ story|the\ full\ story|articles?|stories|content|coverage|topics|news|links|posts?|reading|this))*
      (?:\s*[:>»→|].{0,200})?
    | (?:don[’']t\ miss|you\ may\ (?:also\ )?like|you\ might\ (?:also\ )?(?:like|be\ interested).*|up\ next|what\ to\ read\ next|editors?[’']?s?\ picks?)
      (?:\s*[:>»→|].{0,200})?
    | (?:most|more)\ (?:read|popular|viewed|shared|watched|commented|recent|from|on|in|about|news|stories|videos?|headlines|top\ stories)\b.{0,60}
    | (?:trending|popular|latest|top|breaking|featured|recent)(?:\ (?:now|news|stories|articles|posts|headlines|videos?|topics))*
    | (?:previous|next|older|newer)\ (?:article|story|post|page|entry|video)s?\b.{0,150}
    | (?:tags?|topics?|filed\ under|categor(?:y|ies)|keywords?|sections?|labels?|etiquetas|schlagworte|mots[- ]clés)\s*:.*
    | tags?|topics|related\ topics|categories
    | (?:follow|like|find|join|contact|about|email|support)\ (?:us|me|him|her|them)\b.{0,80}
    | follow\ (?:@\w+|[A-Z][\w\ ]{0,30})(?:\ on\ .{0,40})?
    | (?:copyright|©|\(c\)\ |all\ rights\ reserved).*|.{0,80}\ all\ rights\ reserved\b.{0,80}|.{0,40}©\s*(?:copyright\ )?\d{4}.{0,80}
    | (?:privacy|cookies?|terms|accessibility|legal|adchoices|do\ not\ sell)(?:\ (?:policy|notice|settings|preferences|centre|center|statement|and|&|of|use|
      service|conditions|terms|privacy|my\ (?:personal\ )?info(?:rmation)?))*
    | (?:we|this\ (?:web)?site|our\ (?:web)?site)\ use[sd]?\ cookies.*|by\ (?:continuing|using|clicking|browsing|signing|subscribing|submitting)\b.{0,60}\b(?:site|website|cookies|service|terms|accept|agree).*
    | (?:accept|reject|manage)(?:\ (?:all|cookies|preferences|settings|options|and\ close))+
    | (?:page|article|content|error\ 40[34]\W*|40[34]\W*)\ ?(?:not|no\ longer)\ (?:found|available).{0,80}
    | the\ (?:content|page|article)\ you\ (?:requested|are\ looking\ for|were\ looking\ for).*
    | (?:the\ |our\ |your\ |my\ |get\ |receive\ |sign\ up\ (?:for|to)\ |subscribe\ to\ )*(?:\w+\ ){0,3}newsletters?\b(?:\W.{0,100}|receive.{0,100}|sign.{0,100}|get.{0,100})?
    | (?:get|receive|keep\ up|stay|sign\ up|subscribe|download|install|never\ miss|want\ more|join|enter\ your)\b.{0,120}
      \b(?:newsletters?|inbox|e-?mail\ (?:address|alerts?|updates?)|notifications?|(?:our|the|free|mobile|news|\w+)\ app)\b.{0,60}
    | (?:download|get|install)\ (?:our|the)\ .{0,20}app\b.{0,40}
    | (?:click|tap|swipe)\ (?:here|to|on|through|play|the)\b.{0,100}
    | (?:listen|watch|play)\ (?:to|this|the|now|live|video|audio)?\ ?(?:this\ |the\ )?(?:article|story|video|podcast|live|now|in\ app)?
    | (?:loading|please\ wait|close|open|expand|collapse|play|pause|mute|replay|video|audio|gallery|photos?|slideshow|home|homepage|news|live|
       contents?|toggle|enlarge|fullscreen|caption|hide\ caption|toggle\ caption|enlarge\ this\ image|transcript|embed|download|settings|help|faq|rss|e-?paper)
      (?:\ (?:image|video|gallery|photos?|playback|feed|tv|player|caption|more))?\W*
    | (?:photo|image|picture|video|graphic|illustration|foto|bild|credit|photograph|source|caption)(?:\ (?:credit|source|by|caption|courtesy|copyright)s?)*\s*(?::|by\ |courtesy\ |©|/).{0,160}
    | (?:est\.\ )?(?:\d+|one|two|three|four|five)[- ]min(?:ute)?s?(?:\ read|\ to\ read|\ listen)?|reading\ time\b.{0,30}
    | (?:your|this)\ (?:browser|device)\b.{0,150}|(?:please\ )?(?:enable|turn\ on|disable)\ (?:javascript|cookies|your\ ad).{0,100}
    | (?:report|correct)\ (?:this|an?|abuse|a\ (?:typo|correction|mistake))\b.{0,60}|(?:got|have)\ a\ (?:news\ )?(?:tip|story|question)\b.{0,100}
    | (?:the\ )?comments?\ (?:are|section|for|on)\b.{0,80}|(?:be\ the\ first|what\ do\ you\ think|tell\ us\ what|let\ us\ know)\b.{0,80}
    | permalink|trackbacks?|pingbacks?|via|published\ in|posted\ in\b.{0,60}
    )\W*$""",
    re.IGNORECASE | re.VERBOSE,
)
_CREDIT = re.compile(
    r"(?:\bgetty(?: images)?\b|\bAP photo\b|\(photo\b|\bphoto by\b|\bfile (?:photo|pic|image)\b|\bshutterstock\b|\bimage credit\b|\bvia (?:AP|REUTERS|AFP|Getty)\b"
    r"|\bphoto(?:graph)?s?: |\bcourtesy of\b|\bhandout\b|\bpicture alliance\b|\bpool photo\b|(?:©|\bcredit:)"
    r"|[-–—/(]\s*(?:AFP|AP|EPA|REUTERS|DPA|PA|ANSA|EFE|ANP|TASS|Xinhua|Bloomberg)\b[^.]{0,40}$"
    r"|\b(?:AFP|AP|EPA|REUTERS|DPA|PA|EFE)\s*[-–—/]\s*[A-Z][\w.'’-]+(?:\s[A-Z][\w.'’-]+){0,3}\W*$)",
    re.IGNORECASE,
)
_HINTS = re.compile(
    r"\b(?:newsletters?|cookies?|subscri\w+|sign up|sign in|log in|privacy|terms of|all rights|copyright"
    r"|advertis\w+|inbox|unsubscribe|facebook|twitter|instagram|whatsapp|youtube|follow (?:us|him|her|me|them)"
    r"|click here|read more|comments?|e-?mail|download|share this|contact us|app store|google play|editor[’']?s note"
    r"|related|sponsored|trending|most read|terms and conditions|password|javascript|browser|getty|shutterstock)\b|©|»|›|\||→",
    re.IGNORECASE,
)
_DAY = (
    r"(?:\d{1,2}(?:st|nd|rd|th)?[ ./-]+)?(?:jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec|janv|févr|mars|avr|mai|juin|juil|août|okt|dez|ene|abr|ago|dic|"
    r"fev|set|out|gen|mag|giu|lug|ott)[\w.]*(?: de)?[ ,./-]+(?:\d{1,2}(?:st|nd|rd|th)?\b[ ,]*)?(?:de )?(?:\d{4})?|\d{1,4}[./-]\d{1,2}[./-]\d{1,4}"
)
_DATE_LINE = re.compile(
    rf"^\W*(?:(?:first |last )?(?:published|posted|updated|modified|created|date|on|publié|mis à jour|veröffentlicht|publicado|atualizado)\b.{{0,30}}?)?\W*"
    rf"(?:(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\W+)?(?:\d{{1,2}}[:.h]\d{{2}}\s*(?:am|pm|a\.m\.|p\.m\.)?\W*(?:[A-Z]{{2,4}})?\W*)?"
    rf"(?:{_DAY}).{{0,45}}$|^\W*(?:\d+|an?|one) (?:second|minute|min|hour|hr|day|week|month|year)s? ago\W*$"
    r"|^(?:(?:first |last )?(?:published|posted|updated|modified))\b.{0,60}$",
    re.IGNORECASE,
)
_BYLINE = re.compile(
    r"^\W*(?:(?:written |posted |story |reported |analysis |opinion )*by|von|par|por|di|text:|author:|byline:)[\s:]+(?-i:(?:[A-ZÀ-Þ][\w.'’-]+|de|van|von|der|and|et|und|y|e|&|da|la|le)"
    r"(?:,? (?:[A-ZÀ-Þ][\w.'’-]*|de|van|von|der|and|et|und|y|e|&|da|la|le|for|of|in)){0,9})\W*(?:[|•·,/-].{0,80})?$",
    re.IGNORECASE,
)
_MAX_FURNITURE_WORDS = 30


def is_furniture(line: str) -> bool:
    """Whether the whole line is page furniture, whatever stands around it."""
    return len(line) < 300 and len(line.split()) <= _MAX_FURNITURE_WORDS and bool(_SURE.match(line))


def is_credit(line: str) -> bool:
    """Whether the line names a photographer or picture agency as captions do."""
    return len(line) < 600 and bool(_CREDIT.search(line))


def furniture_hits(line: str) -> int:
    """How many tell-tale words of furniture the line holds."""
    return len(_HINTS.findall(line))


def is_date_line(line: str) -> bool:
    """Whether the line is no more than a date or time of publication."""
    return len(line) < 120 and bool(_DATE_LINE.match(line))


def is_byline(line: str) -> bool:
    """Whether the line is no more than the names of authors after ``By`` or the like."""
    return len(line) < 160 and bool(_BYLINE.match(line))
