"""Spatial self-information: edge sums over neighbourhood graphs, their nulls and surprisal."""
