"""How the embedded data are made from packages of public registries."""
