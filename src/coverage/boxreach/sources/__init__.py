"""Files, frames and downloads in; tables out."""
