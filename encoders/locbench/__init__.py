"""LocBench: what a location encoder adds to a model of images, and what it does to its errors.

A `Dataset` has places, what was seen there, and what a model of images makes of it. `train` fits a
location encoder, `evaluate` says how good it is and writes the answer for every sample, and the
audit takes it from there.
"""
