"""Lines of sight over the ground."""
