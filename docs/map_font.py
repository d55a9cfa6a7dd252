"""Make the font of the map's page: the Arabic letters that Arabic and Kurdish names need.

    npm pack @fontsource-variable/noto-sans-arabic@5.3.0
    tar xzf fontsource-variable-noto-sans-arabic-5.3.0.tgz
    python -m pip install fonttools brotli
    python docs/map_font.py package/files/noto-sans-arabic-arabic-wght-normal.woff2 OUT.woff2

Letters, marks and digits of Arabic, Sorani and Badini, Persian and Urdu, with the tables that join
them, in weights from 400 to 700.
"""

from __future__ import annotations

import io
import sys

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

LETTERS = "".join(map(chr, [0x60C, 0x61B, 0x61F, *range(0x621, 0x63B), *range(0x640, 0x656)]))
DIGITS = "".join(map(chr, [*range(0x660, 0x66E), *range(0x6F0, 0x6FA)]))
MORE = "ٰٱپچژڤگکڕڵۆێەیھڎۊۇۈىۀېےہۃۂڭٹڈڑںۓ۔\u200c\u200d «»"
FEATURES = ["init", "medi", "fina", "isol", "rlig", "liga", "ccmp", "mark", "mkmk", "kern", "locl"]
WEIGHTS = (400, 700)


def make_font(source: str, target: str) -> None:
    """Write the part of a font that the page needs."""
    options = Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(source)
    subsetter = Subsetter(options)
    subsetter.populate(text=LETTERS + DIGITS + MORE)
    subsetter.subset(font)
    font.flavor = None
    part = io.BytesIO()
    font.save(part)
    narrow = instancer.instantiateVariableFont(TTFont(part), {"wght": WEIGHTS})
    narrow.flavor = "woff2"
    narrow.save(target)


if __name__ == "__main__":
    make_font(sys.argv[1], sys.argv[2])
