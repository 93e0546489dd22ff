"""Data: real text and graphs that come in packages, and small synthetic sets for experiments that need control.

factbook   the World Factbook: text of a real corpus, with licence, provenance and checksum
signals    a year of sea temperatures; handwritten digits
synthetic  points to classify
"""

from .factbook import Edition, factbook
from .signals import digits, sea_temperature
from .synthetic import circles

__all__ = ["Edition", "circles", "digits", "factbook", "sea_temperature"]
