"""The command line: one thin module per command; nothing is computed here."""
