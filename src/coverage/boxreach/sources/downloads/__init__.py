"""Public data of a country: who offers it, under which licence, and how it comes over a network."""
