"""The names of labs: "08_linear_attention" has the number "08" and the name "linear_attention"."""

import re


def parse_slug(slug: str) -> tuple[str, str]:
    """The number and the name. Either may be "": an instructor's own lab may be called "heat"."""
    number, name = re.fullmatch(r"(?:(\d+)(?:_|$))?(.*)", slug, re.S).groups()
    return number or "", name


def copied(slug: str) -> str:
    """Where a student's copy of a lab is in work/; with the number in its name, so that tabs tell labs apart."""
    return f"{slug}/{label(slug)}_lab.ipynb"


def label(slug: str) -> str:
    """The short name of a lab, as used in commands: "08", or the whole slug if it has no number."""
    return parse_slug(slug)[0] or slug
