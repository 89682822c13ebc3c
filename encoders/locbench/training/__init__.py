"""Training of location encoders: what is chosen, what an epoch draws, and what a kill leaves."""
