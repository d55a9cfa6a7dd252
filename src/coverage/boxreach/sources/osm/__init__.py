"""OpenStreetMap: its files, and what its tags mean for a response vehicle."""
