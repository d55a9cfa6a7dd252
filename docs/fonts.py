"""Make the fonts of pages and PDFs: the letters that Arabic, Kurdish and Latin names need.

    npm pack @fontsource-variable/noto-sans-arabic@5.3.0 @fontsource-variable/noto-sans@5.3.0 \
        @fontsource-variable/noto-sans-mono@5.3.0
    for one in *.tgz; do tar xzf $one --transform "s,^package,${one%-5.3.0.tgz},"; done
    python -m pip install fonttools brotli
    python docs/fonts.py . src/coverage/boxreach/languages/fonts

Weights from 400 to 700, without hints, with the tables that join letters and set marks and digits.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ARABIC = [
    *(0x60C, 0x61B, 0x61F, *range(0x621, 0x63B), *range(0x640, 0x656)),
    *(*range(0x660, 0x66E), *range(0x6F0, 0x6FA)),
    *map(ord, "ٰٱپچژڤگکڕڵۆێەیھڎۊۇۈىۀېےہۃۂڭٹڈڑںۓ۔\u200c\u200d «»"),
]
"""Letters, marks and digits of Arabic, Sorani and Badini, Persian and Urdu."""

LATIN = [*range(0x20, 0x7F), *range(0xA0, 0x100), *range(0x2BB, 0x2BD), *range(0x300, 0x330),
         *range(0x2000, 0x2070), 0x20AC, 0x2190, 0x2191, 0x2192, 0x2193, 0x2212, 0xFFFD]  # fmt: skip
"""English, and what is punctuation in every language."""

LATIN_MORE = [*range(0x100, 0x180), *range(0x218, 0x21C), *range(0x1E00, 0x1F00), 0x2BE, 0x2BF]
"""Kurmanji and Turkish, and what names are transliterated with."""

FEATURES = ["init", "medi", "fina", "isol", "rlig", "liga", "ccmp", "mark", "mkmk", "kern", "locl",
            "tnum", "lnum"]  # fmt: skip
WEIGHTS = (400, 700)

FONTS = {
    "noto-sans-arabic": ("noto-sans-arabic", "noto-sans-arabic-arabic-wght-normal", ARABIC),
    "noto-sans": ("noto-sans", "noto-sans-latin-wght-normal", LATIN),
    "noto-sans-more": ("noto-sans", "noto-sans-latin-ext-wght-normal", LATIN_MORE),
    "noto-sans-mono": ("noto-sans-mono", "noto-sans-mono-latin-wght-normal", LATIN),
}
"""What a font is called here, the package and the file it is made of, and its letters."""


def make_font(source: Path, target: Path, letters: list[int]) -> None:
    """Write the part of a font that has these letters."""
    options = Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = None
    part = io.BytesIO()
    font.save(part)
    whole = TTFont(part, recalcTimestamp=False)
    narrow = instancer.instantiateVariableFont(whole, {"wght": WEIGHTS})
    narrow.flavor = "woff2"
    narrow.save(target)


if __name__ == "__main__":
    unpacked, folder = map(Path, sys.argv[1:])
    for name, (package, file, letters) in FONTS.items():
        path = unpacked / f"fontsource-variable-{package}" / "files" / f"{file}.woff2"
        make_font(path, folder / f"{name}.woff2", letters)
