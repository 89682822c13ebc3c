"""Maps without a drawing library: equal-area views of the globe, land, and cells of samples."""
