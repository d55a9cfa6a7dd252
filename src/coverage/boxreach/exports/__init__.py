"""What is handed on: tables, layers and records as files, whole or not at all."""

from boxreach.exports.files import digits_of, plain_number, write_csv, write_geojson, write_json
from boxreach.exports.folders import OUTPUT_FILES, Contents, output_folder
from boxreach.exports.layer import Layer
from boxreach.exports.listing import Column, Listing

__all__ = [
    "OUTPUT_FILES",
    "Column",
    "Contents",
    "Layer",
    "Listing",
    "digits_of",
    "output_folder",
    "plain_number",
    "write_csv",
    "write_geojson",
    "write_json",
]
