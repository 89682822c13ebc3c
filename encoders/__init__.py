"""Location encoders: the room for models that turn coordinates into features.

The engine never imports this package, so that scores work without torch. This release ships no
encoder yet.
"""
