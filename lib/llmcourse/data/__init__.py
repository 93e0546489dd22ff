"""Data: real text and graphs that come in packages, and small synthetic sets for experiments that need control.

passages     what retrieval works on: passages with their provenance, and questions with the passages that answer them
countries    the Factbook as such a corpus, in two editions; questions, changed facts, two hops over borders
manual       another one: torch's documentation of its layers, with questions written by hand
comparisons  journals, teams, puddings, leaderboards; choices between train journeys
factbook     the World Factbook: text of a real corpus, with licence, provenance and checksum
signals      a year of sea temperatures; handwritten digits
synthetic    points to classify
"""

from . import comparisons
from .countries import Changed, border_questions, changed_questions, countries, country_questions
from .factbook import Edition, factbook
from .manual import manual, manual_questions
from .passages import Passage, Question
from .signals import digits, sea_temperature
from .synthetic import circles

__all__ = [
    "Changed",
    "Edition",
    "Passage",
    "Question",
    "border_questions",
    "changed_questions",
    "circles",
    "comparisons",
    "countries",
    "country_questions",
    "digits",
    "factbook",
    "manual",
    "manual_questions",
    "sea_temperature",
]
