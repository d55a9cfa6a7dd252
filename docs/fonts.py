"""Make the fonts of pages and PDFs: the letters that Arabic, Kurdish and Latin names need.

    npm pack @fontsource-variable/{noto-sans-arabic,vazirmatn,noto-sans,noto-sans-mono}@5.3.0
    for one in *.tgz; do mkdir ${one%-5.3.0.tgz}; tar xzf $one -C ${one%-5.3.0.tgz}; done
    python -m pip install fonttools brotli
    python docs/fonts.py . src/coverage/boxreach/languages/fonts

Parts without hints, with the tables that join letters and set marks and digits. A page carries
weights from 400 to 700 in one file. PDFs take a file for each weight: WeasyPrint would write the
time of day into a part of a font that it makes itself. Of Arabic letters they take those of
Vazirmatn, in which a letter is one glyph and not a body and dots: text is found again in the PDF.
"""

from __future__ import annotations

import io
import sys
from pathlib import Path

from fontTools.merge import Merger
from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.varLib import instancer

ARABIC = [
    *(0x60C, 0x61B, 0x61F, *range(0x621, 0x63B), *range(0x640, 0x656)),
    *(*range(0x660, 0x66E), *range(0x6F0, 0x6FA)),
    *map(ord, "ٰٱپچژڤگکڕڵۆێەیھڎۊۇۈىۀېےہۃۂڭٹڈڑںۓ۔\u200c\u200d «»"),
]
"""Letters, marks and digits of Arabic, Sorani and Badini, Persian and Urdu."""

LATIN = [
    *(*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x218, 0x21C), *range(0x2BB, 0x2C0)),
    *(*range(0x300, 0x330), *range(0x1E00, 0x1F00), *range(0x2000, 0x2070)),
    *(0x20AC, *range(0x2190, 0x2194), 0x2212, 0xFFFD),
]
"""English, Kurmanji and Turkish, what names are transliterated with, and punctuation."""

FEATURES = ["init", "medi", "fina", "isol", "rlig", "liga", "ccmp", "mark", "mkmk", "kern", "locl",
            "tnum", "lnum"]  # fmt: skip

FONTS = {
    "noto-sans-arabic": ("noto-sans-arabic", ("arabic",), ARABIC, [(400, 700)]),
    "vazirmatn": ("vazirmatn", ("arabic",), ARABIC, [400, 600, 700]),
    "noto-sans": ("noto-sans", ("latin", "latin-ext"), LATIN, [400, 600, 700]),
    "noto-sans-mono": ("noto-sans-mono", ("latin",), LATIN, [400]),
}
"""What a font is called, its package, the parts it is made of, its letters, and its weights."""


def cut_font(source: Path, letters: list[int], weight: float | tuple[float, float]) -> io.BytesIO:
    """Return the part of a font that has these letters, of one weight or of several."""
    options = Options(layout_features=FEATURES, hinting=False, notdef_outline=True)
    font = TTFont(source, recalcTimestamp=False)
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters)
    subsetter.subset(font)
    font.flavor = None
    whole, part = io.BytesIO(), io.BytesIO()
    font.save(whole)
    instancer.instantiateVariableFont(TTFont(whole, recalcTimestamp=False), {"wght": weight}).save(
        part
    )
    part.seek(0)
    return part


def join_fonts(parts: list[io.BytesIO]) -> TTFont:
    """Return one font of several that have different letters."""
    if len(parts) == 1:
        return TTFont(parts[0], recalcTimestamp=False)
    when = TTFont(parts[0])["head"].modified
    font = Merger().merge(parts)
    font.recalcTimestamp, font["head"].modified, font["head"].created = False, when, when
    return font


def make_fonts(unpacked: Path, folder: Path) -> None:
    """Write all fonts."""
    for name, (package, scripts, letters, weights) in FONTS.items():
        sources = unpacked / f"fontsource-variable-{package}" / "package" / "files"
        for weight in weights:
            parts = [
                cut_font(sources / f"{package}-{script}-wght-normal.woff2", letters, weight)
                for script in scripts
            ]
            font = join_fonts(parts)
            font.flavor = "woff2"
            ending = "" if isinstance(weight, tuple) else f"-{weight}"
            font.save(folder / f"{name}{ending}.woff2")
        licence = sources.parent / "LICENSE"
        (folder / f"{name}.LICENSE").write_bytes(licence.read_bytes())


if __name__ == "__main__":
    make_fonts(*map(Path, sys.argv[1:]))
