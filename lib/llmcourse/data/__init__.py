"""Data: real text and graphs that come in packages, and small synthetic sets for experiments that need control.

factbook   the World Factbook: text of a real corpus, with licence, provenance and checksum
synthetic  points to classify
"""

from .factbook import Edition, factbook
from .synthetic import circles

__all__ = ["Edition", "circles", "factbook"]
