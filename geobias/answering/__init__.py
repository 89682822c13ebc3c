"""Answers in words: what they say, whether that is right, and who stays silent where."""

from geobias.answering.auditing import answers
from geobias.answering.parsing import read_answer
from geobias.answering.result import Answers

__all__ = ["Answers", "answers", "read_answer"]
