"""Synthetic countries, and boxreach measured on them beside other engines."""
