"""Data: real text and graphs that come in packages, and small synthetic sets for experiments that need control.

comparisons  journals, teams, puddings, leaderboards; choices between train journeys
factbook     the World Factbook: text of a real corpus, with licence, provenance and checksum
signals      a year of sea temperatures; handwritten digits
synthetic    points to classify
"""

from . import comparisons
from .factbook import Edition, factbook
from .signals import digits, sea_temperature
from .synthetic import circles

__all__ = ["Edition", "circles", "comparisons", "digits", "factbook", "sea_temperature"]
