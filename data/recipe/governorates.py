"""The 18 governorates: today's names, their people, and their outlines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import shapely

from recipe.files import COORDINATE_DECIMALS, Feature, round_coordinates

PEOPLE_SOURCE = "Central Statistical Organization (Iraq), population estimates 2018"
PEOPLE_YEAR = 2018
PEOPLE_TOTAL = 38_124_182


@dataclass(frozen=True)
class Governorate:
    """One governorate: ISO 3166-2 code, names, Natural Earth's id, people in 2018."""

    area_id: str
    name: str
    name_ar: str
    name_ckb: str
    name_kmr: str
    natural_earth_id: str
    people: int


GOVERNORATES = (
    Governorate("IQ-AN", "Anbar", "الأنبار", "ئەنبار", "Enbar", "IRQ-3471", 1_771_656),
    Governorate("IQ-AR", "Erbil", "أربيل", "هەولێر", "Hewlêr", "IRQ-3050", 1_854_778),
    Governorate("IQ-BA", "Basra", "البصرة", "بەسرە", "Besra", "IRQ-3222", 2_908_491),
    Governorate("IQ-BB", "Babil", "بابل", "بابل", "Babîl", "IRQ-3472", 2_065_042),
    Governorate("IQ-BG", "Baghdad", "بغداد", "بەغدا", "Bexda", "IRQ-3063", 8_126_755),
    Governorate("IQ-DA", "Dohuk", "دهوك", "دهۆک", "Duhok", "IRQ-3046", 1_292_535),
    Governorate("IQ-DI", "Diyala", "ديالى", "دیالە", "Diyala", "IRQ-3243", 1_637_226),
    Governorate("IQ-DQ", "Dhi Qar", "ذي قار", "زیقار", "Zîqar", "IRQ-3225", 2_095_172),
    Governorate("IQ-KA", "Karbala", "كربلاء", "کەربەلا", "Kerbela", "IRQ-3062", 1_218_732),
    Governorate("IQ-KI", "Kirkuk", "كركوك", "کەرکووک", "Kerkûk", "IRQ-3049", 1_597_876),
    Governorate("IQ-MA", "Maysan", "ميسان", "میسان", "Meysan", "IRQ-3226", 1_112_673),
    Governorate("IQ-MU", "Muthanna", "المثنى", "موسەننا", "Musena", "IRQ-3223", 814_371),
    Governorate("IQ-NA", "Najaf", "النجف", "نەجەف", "Necef", "IRQ-3061", 1_471_592),
    Governorate("IQ-NI", "Ninewa", "نينوى", "نەینەوا", "Nînewa", "IRQ-3051", 3_729_998),
    Governorate("IQ-QA", "Qadisiyah", "القادسية", "قادسیە", "Qadisiye", "IRQ-3224", 1_291_048),
    Governorate(
        "IQ-SD", "Salah al-Din", "صلاح الدين", "سەڵاحەدین", "Selahedîn", "IRQ-3052", 1_595_235
    ),
    Governorate(
        "IQ-SU", "Sulaymaniyah", "السليمانية", "سلێمانی", "Silêmanî", "IRQ-3242", 2_162_279
    ),
    Governorate("IQ-WA", "Wasit", "واسط", "واست", "Wasit", "IRQ-3227", 1_378_723),
)


def draw_governorates(collection: dict[str, Any]) -> list[shapely.Geometry]:
    """Return the outlines in the order of `GOVERNORATES`, rounded as they are written.

    Cells and towns are assigned by these rounded outlines, so that whoever reads the file
    assigns them alike.
    """
    found = {
        feature["properties"]["adm1_code"]: shapely.geometry.shape(feature["geometry"])
        for feature in collection["features"]
    }
    outlines = [
        round_coordinates(found.pop(governorate.natural_earth_id), COORDINATE_DECIMALS)
        for governorate in GOVERNORATES
    ]
    if found or not shapely.coverage_is_valid(outlines):
        message = f"irq.json: outlines without a governorate {sorted(found)}, or overlapping"
        raise SystemExit(message)
    return outlines


def describe_areas(outlines: list[shapely.Geometry]) -> list[Feature]:
    """Return the rows of governorates.geojson."""
    return [
        (
            {
                "area_id": governorate.area_id,
                "name": governorate.name,
                "name_ar": governorate.name_ar,
                "name_ckb": governorate.name_ckb,
                "name_kmr": governorate.name_kmr,
            },
            outline,
        )
        for governorate, outline in zip(GOVERNORATES, outlines, strict=True)
    ]


def describe_people() -> list[dict[str, Any]]:
    """Return the rows of governorate_people.csv."""
    return [
        {
            "area_id": governorate.area_id,
            "governorate": governorate.name,
            "people": governorate.people,
            "year": PEOPLE_YEAR,
            "source": PEOPLE_SOURCE,
        }
        for governorate in GOVERNORATES
    ]
