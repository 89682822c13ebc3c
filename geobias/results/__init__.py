"""What an audit leaves the user with: tables, sentences and a record of how they were made."""

from geobias.results.audit import Audit

__all__ = ["Audit"]
