"""A few facts in the formats of Wikidata, DBpedia and ConceptNet.

The files were written by hand for this course, in the published formats, and are no excerpts: they contain facts, which
are nobody's, and identifiers. Each has lines that cannot be read, on purpose.

    wikidata.json  wikidata.nt  dbpedia.ttl  conceptnet.csv
"""

from pathlib import Path


def sample(name: str) -> Path:
    """The path of one of the files. Raises FileNotFoundError, which lists them, for any other name."""
    folder = Path(__file__).parent
    names = sorted(file.name for file in folder.iterdir() if file.suffix in {".json", ".nt", ".ttl", ".csv"})
    if name not in names:
        raise FileNotFoundError(f"There is no sample {name!r}. Choose one of {', '.join(names)}.")
    return folder / name
