"""Function words."""

FUNCTION_WORDS = frozenset(
    # English
    "a about after also an and are as at be been but by can could did do for from had has have he her his how i if in into is it its more not "
    "of on one or our out said she so some than that the their them there they this to up was we were what when which who will with would you "
    # French, German, Spanish, Portuguese, Italian, Dutch: the words that titles and menus seldom hold
    "le la les des du et est une un dans pour que qui sur pas par au aux avec ce il elle der die das und ist nicht ein eine zu den von mit auf im "
    "dem sich auch für es el los las y en del se con por su al lo más o os as da do na em um uma não para di che è il gli non per della het een van".split()
)
