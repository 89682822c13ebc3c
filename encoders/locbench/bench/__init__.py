"""The benchmark: encoders trained, evaluated and audited side by side, and the table of it all."""
