"""Tables of places: read, encoded row by row, and written with all they hold."""
