"""What is handed on: tables, layers and records as files, whole or not at all."""

from boxreach.exports.files import digits_of, plain_number, write_csv, write_geojson, write_json
from boxreach.exports.folders import OUTPUT_FILES, Contents, output_folder
from boxreach.exports.geopackage import write_geopackage
from boxreach.exports.geoparquet import write_geoparquet
from boxreach.exports.gpx import write_gpx
from boxreach.exports.kml import write_kml, write_kmz
from boxreach.exports.layer import Layer
from boxreach.exports.listing import Column, Listing
from boxreach.exports.listing_csv import write_listing
from boxreach.exports.stored_times import (
    read_times_table,
    read_travel_times,
    write_travel_times,
)
from boxreach.exports.workbook import write_workbook

__all__ = [
    "OUTPUT_FILES",
    "Column",
    "Contents",
    "Layer",
    "Listing",
    "digits_of",
    "output_folder",
    "plain_number",
    "read_times_table",
    "read_travel_times",
    "write_csv",
    "write_geojson",
    "write_geopackage",
    "write_geoparquet",
    "write_gpx",
    "write_json",
    "write_kml",
    "write_kmz",
    "write_listing",
    "write_travel_times",
    "write_workbook",
]
