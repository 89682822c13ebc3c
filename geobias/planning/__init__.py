"""What an audit is going to take, estimated from a little of its work."""

from geobias.planning.planning import plan

__all__ = ["plan"]
