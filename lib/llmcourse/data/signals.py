"""Small real data sets that come with the course: a year of sea temperatures, and handwritten digits.

sea_temperature  sea surface off the coast of Maine (NERACOOS, buoy B01, sensor B01_sbe37_all), as extracted in
                 bokeh-sampledata 2026.1. Licence: "The data may be used and redistributed for free but is not intended
                 for legal use, since it may contain inaccuracies."
digits           the test set of the UCI Optical Recognition of Handwritten Digits (Alpaydin and Kaynak 1998), as in
                 scikit-learn 1.9. Licence: CC BY 4.0.
"""

import functools
import gzip
import hashlib
from importlib import resources

import torch
from torch import Tensor

CHECKSUMS = {
    "manual.json.gz": "1660ed0ba2f218d445edefcfaa2358ad88986be9c00c398b0ba27e3436086548",
    "countries_2015.json.gz": "0c3b529926a35fef2acd811670cb41aea49ee09361c2f7084f0cbc4444f76d41",
    "sea_temperature.txt.gz": "887ff3e82acc97f9ace269a03254f847d711498a6a50b54b8c3c09d6dc55f238",
    "digits.csv.gz": "6ebb3d2fee246a4e99363262ddf8a00a3c41bee6014c373ed9d9216ba7f651b8",
    "train_choices.csv.gz": "49cf83344249ab3e36457e0f5678678b2773a62b0a9f08e1479a104223bc7c84",
}
TRAINING = 1437  # digits to train on; the other 360 are for testing


def sea_temperature() -> Tensor:
    """Sea surface temperature in degrees Celsius, every half hour from 2016-02-15 to 2017-03-22: (19226,), float64."""
    return torch.tensor([float(line) for line in _read("sea_temperature.txt.gz").split()], dtype=torch.float64)


def digits() -> tuple[tuple[Tensor, Tensor], tuple[Tensor, Tensor]]:
    """Images (n, 8, 8) of pixels 0 to 16 in float32, and classes (n,): 1437 to train on and 360 to test on.

    The order is shuffled by a fixed permutation, so that both parts contain all writers.
    """
    rows = [line.split(",") for line in _read("digits.csv.gz").split()]
    table = torch.tensor([[float(x) for x in row] for row in rows])
    table = table[torch.randperm(len(table), generator=torch.Generator().manual_seed(0))]
    images, classes = table[:, :64].unflatten(1, (8, 8)), table[:, 64].long()
    return (images[:TRAINING], classes[:TRAINING]), (images[TRAINING:], classes[TRAINING:])


@functools.cache
def _read(name: str) -> str:
    """A file of this folder. Raises ValueError if it is not the one that the course's results come from."""
    content = gzip.decompress((resources.files(__package__) / name).read_bytes())
    if hashlib.sha256(content).hexdigest() != CHECKSUMS[name]:
        raise ValueError(f"{name} has changed or is damaged. Reinstall the course, or `git checkout` the file.")
    return content.decode()
