"""Datasets: places, what is true there, and what a model of images says."""
