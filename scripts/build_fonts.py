"""Builds the vendored typefaces from the packages they come from; run again only to change what they cover.

    npm pack @expo-google-fonts/{inter,jetbrains-mono,nanum-gothic,noto-sans-{arabic,hebrew,devanagari,thai}}
    apt-get download fonts-droid-fallback      (Debian; dpkg -x it)
    python scripts/build_fonts.py FOLDER       (FOLDER holds all *.ttf of the unpacked packages, any depth)

Inter and JetBrains Mono are cut to Latin, Greek, Cyrillic and common signs; their ligatures are dropped, because a
report prints what was written ("->" stays two characters), and Inter's tabular figures are made its usual ones.
The seven verdict signs are drawn here, so that they have one size on every page and in every report.
"""

import json
import sys
from pathlib import Path

from fontTools import subset  # type: ignore[import-untyped]
from fontTools.fontBuilder import FontBuilder  # type: ignore[import-untyped]
from fontTools.pens.ttGlyphPen import TTGlyphPen  # type: ignore[import-untyped]
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from fontTools.ttLib.woff2 import WOFF2FlavorData  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "governance" / "static" / "fonts"
PRINT = ROOT / "governance" / "reports" / "typefaces"

LATIN = (
    "U+0020-007E,U+00A0-024F,U+0259,U+02B0-02FF,U+0300-0338,U+0370-03FF,U+0400-052F,U+1E00-1FFF,U+2000-200A,"
    "U+2010-2027,U+202F-205F,U+2070-20C0,U+2100-218F,U+2190-22FF,U+25A0-25FF,U+2713,U+2717,U+FB01,U+FB02,U+FFFD"
)
# With the letters and the space that stand between Hangul words: a line keeps one font through them.
HANGUL = "U+0020-007E,U+00A0,U+1100-11FF,U+3000-3003,U+3130-318F,U+AC00-D7A3"
TEXT_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "tnum", "zero", "case", "sups", "subs"]
MONO_FEATURES = ["kern", "mark", "mkmk", "ccmp", "locl", "zero"]
FALLBACKS = {
    "noto-sans-arabic": "NotoSansArabic_400Regular.ttf",
    "noto-sans-devanagari": "NotoSansDevanagari_400Regular.ttf",
    "noto-sans-hebrew": "NotoSansHebrew_400Regular.ttf",
    "noto-sans-thai": "NotoSansThai_400Regular.ttf",
    "assay-hangul": "NanumGothic_400Regular.ttf",
    "droid-sans-fallback": "DroidSansFallbackFull.ttf",
}


def cut(source: Path, target: Path, unicodes: str | None, features: list[str]) -> TTFont:
    """Cuts a font to the given characters and features and writes it as WOFF2."""
    options = subset.Options()
    options.layout_features = features
    options.hinting = False
    options.notdef_outline = True
    options.recalc_timestamp = False
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG", "STAT", "meta"]
    font = subset.load_font(str(source), options)
    subsetter = subset.Subsetter(options)
    chosen = subset.parse_unicodes(unicodes) if unicodes else list(font.getBestCmap())
    subsetter.populate(unicodes=chosen)
    subsetter.subset(font)
    if "tnum" in features:
        tabular(font)
    if unicodes == HANGUL:
        rename(font, "Assay Hangul")
    woff2(font, target)
    return font


def woff2(font: TTFont, target: Path) -> None:
    """Compressed without rearranging the outlines: a little larger, and unpacked ten times faster for a report."""
    font.flavor = "woff2"
    font.flavorData = WOFF2FlavorData(transformedTables=())
    font.save(str(target))


def rename(font: TTFont, family: str) -> None:
    """Gives a cut font a name of our own, as the licence asks of every changed copy of a font with a reserved name."""
    names = {1: family, 3: f"{family}; cut", 4: family, 6: family.replace(" ", "") + "-Regular", 16: family}
    for record in font["name"].names:
        if record.nameID in names:
            record.string = names[record.nameID]


def tabular(font: TTFont) -> None:
    """Makes the figures of one width the usual ones, where no style sheet reaches (SVG text in print)."""
    features = font["GSUB"].table.FeatureList.FeatureRecord
    lookups = next(record.Feature.LookupListIndex for record in features if record.FeatureTag == "tnum")
    swaps: dict[str, str] = {}
    for index in lookups:
        for table in font["GSUB"].table.LookupList.Lookup[index].SubTable:
            swaps.update(getattr(table, "ExtSubTable", table).mapping)
    for table in font["cmap"].tables:
        for code in range(ord("0"), ord("9") + 1):
            if code in table.cmap:
                table.cmap[code] = swaps.get(table.cmap[code], table.cmap[code])


def ring(
    pen: TTGlyphPen, radius: float, *, clockwise: bool, centre: tuple[float, float] = (430, 364)
) -> None:
    """A circle of eight quadratic arcs."""
    k = radius * 0.41421356
    x, y = centre
    around = [
        (radius, 0), (radius, k), (radius * 0.7071, radius * 0.7071), (k, radius), (0, radius), (-k, radius),
        (-radius * 0.7071, radius * 0.7071), (-radius, k), (-radius, 0), (-radius, -k),
        (-radius * 0.7071, -radius * 0.7071), (-k, -radius), (0, -radius), (k, -radius),
        (radius * 0.7071, -radius * 0.7071), (radius, -k), (radius, 0),
    ]  # fmt: skip
    points = around[::-1] if clockwise else around
    pen.moveTo((round(x + points[0][0]), round(y + points[0][1])))
    for control, end in zip(points[1::2], points[2::2], strict=True):
        pen.qCurveTo((round(x + control[0]), round(y + control[1])), (round(x + end[0]), round(y + end[1])))
    pen.closePath()


def polygon(pen: TTGlyphPen, *points: tuple[int, int]) -> None:
    pen.moveTo(points[0])
    for point in points[1:]:
        pen.lineTo(point)
    pen.closePath()


def sign_glyphs() -> dict[str, TTGlyphPen]:
    """The verdict signs, all on one centre and of one weight to the eye."""
    names = ".notdef space passed waived insufficient failed stale waiting errored"
    pens = {name: TTGlyphPen(None) for name in names.split()}
    ring(pens["passed"], 310, clockwise=True)
    ring(pens["waived"], 310, clockwise=True)
    # The right half is cut out: what is left is a ring whose left half is filled.
    half = pens["waived"]
    half.moveTo((430, 124))
    half.qCurveTo((529, 124), (600, 194))
    half.qCurveTo((670, 265), (670, 364))
    half.qCurveTo((670, 463), (600, 534))
    half.qCurveTo((529, 604), (430, 604))
    half.closePath()
    polygon(pens["insufficient"], (430, 706), (790, 66), (70, 66))
    polygon(pens["failed"], (150, 644), (710, 644), (710, 84), (150, 84))
    arrow = pens["stale"]
    arrow.moveTo((430, 674))
    for control, end in (((302, 674), (211, 583)), ((120, 492), (120, 364)), ((120, 236), (211, 145)),
                         ((302, 54), (430, 54)), ((558, 54), (649, 145)), ((740, 236), (740, 364))):  # fmt: skip
        arrow.qCurveTo(control, end)
    arrow.lineTo((645, 364))
    for control, end in (((645, 275), (582, 212)), ((519, 149), (430, 149)), ((341, 149), (278, 212)),
                         ((215, 275), (215, 364)), ((215, 453), (278, 516)), ((341, 579), (430, 579))):  # fmt: skip
        arrow.qCurveTo(control, end)
    arrow.closePath()
    polygon(arrow, (430, 786), (430, 466), (650, 626))
    for x, y in (
        (430, 634),
        (621, 555),
        (700, 364),
        (621, 173),
        (430, 94),
        (239, 173),
        (160, 364),
        (239, 555),
    ):
        ring(pens["waiting"], 62, clockwise=True, centre=(x, y))
    polygon(pens["errored"], (196, 674), (430, 440), (664, 674), (740, 598), (506, 364), (740, 130),
            (664, 54), (430, 288), (196, 54), (120, 130), (354, 364), (120, 598))  # fmt: skip
    return pens


def build_signs(target: Path) -> TTFont:
    """The font "Assay Signs": our own drawing, under the licence of the project."""
    pens = sign_glyphs()
    names = {0x20: "space", 0x25CF: "passed", 0x25D0: "waived", 0x25B2: "insufficient", 0x25A0: "failed",
             0x21BB: "stale", 0x25CC: "waiting", 0x2715: "errored"}  # fmt: skip
    builder = FontBuilder(1000, isTTF=True)
    builder.setupGlyphOrder(list(pens))
    builder.setupCharacterMap(names)
    builder.setupGlyf({name: pen.glyph() for name, pen in pens.items()})
    builder.setupHorizontalMetrics({name: (860, builder.font["glyf"][name].xMin if pen.glyph().numberOfContours else 0)
                                    for name, pen in sign_glyphs().items()})  # fmt: skip
    builder.setupHorizontalHeader(ascent=969, descent=-242)
    builder.setupNameTable({"familyName": "Assay Signs", "styleName": "Regular", "psName": "AssaySigns-Regular",
                            "licenseDescription": "Apache-2.0", "version": "Version 1.000"})  # fmt: skip
    builder.setupOS2(
        sTypoAscender=969, sTypoDescender=-242, usWinAscent=969, usWinDescent=242, sCapHeight=727
    )
    builder.setupPost()
    builder.font["head"].created = builder.font["head"].modified = 3_800_000_000
    builder.font.recalcTimestamp = False
    woff2(builder.font, target)
    return builder.font


def ranges(font: TTFont) -> list[list[int]]:
    """The characters of a font as [first, last] pairs."""
    out: list[list[int]] = []
    for code in sorted(font.getBestCmap()):
        if out and out[-1][1] == code - 1:
            out[-1][1] = code
        else:
            out.append([code, code])
    return out


def main(folder: Path) -> None:
    found = {path.name: path for path in folder.rglob("*.ttf")}
    WEB.mkdir(parents=True, exist_ok=True)
    PRINT.mkdir(parents=True, exist_ok=True)
    coverage: dict[str, list[list[int]]] = {}
    for weight, name in ((400, "Regular"), (500, "Medium"), (600, "SemiBold"), (700, "Bold")):
        font = cut(found[f"Inter_{weight}{name}.ttf"], WEB / f"inter-{weight}.woff2", LATIN, TEXT_FEATURES)
        coverage["inter"] = ranges(font)
    mono = cut(found["JetBrainsMono_400Regular.ttf"], WEB / "jetbrains-mono-400.woff2", LATIN, MONO_FEATURES)
    coverage["jetbrains-mono"] = ranges(mono)
    coverage["assay-signs"] = ranges(build_signs(WEB / "assay-signs.woff2"))
    for name, file in FALLBACKS.items():
        chosen = HANGUL if name == "assay-hangul" else None
        coverage[name] = ranges(cut(found[file], PRINT / f"{name}-400.woff2", chosen, ["*"]))
    text = json.dumps(coverage, separators=(",", ":")).replace('],"', ']],\n"'.replace("]]", "]"))
    (PRINT / "coverage.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
