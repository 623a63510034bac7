"""Emoji that `Codec.mint` avoids: signs, plain shapes, and things that nobody posts.

Source: docs/scripts.md, "Pleasant wordings". All of them are read as before. None is a header
glyph: under some keys, no wording could avoid it.
"""

from typing import Final

DULL: Final = frozenset(
    "♈♉♊♋♌♍♎♏♐♑♒♓⛎⏩⏪⏫⏬➕➖➗➰➿🟰🔀🔁🔂❌"  # zodiac, players, arithmetic
    "◽◾⬛⬜🔲🔳🔘🔸🔹🔺🔻🔼🔽🟥🟦🟧🟨🟩🟪🟫"  # plain shapes
    "🚹🚺🚻🛂🛃🛄🛅🚮🚯🚰🚱🚳🚷📳📵"  # signs on walls
    "🚽🪠🧻🪤🪰🪱🦟🫀🫁"  # things
)
