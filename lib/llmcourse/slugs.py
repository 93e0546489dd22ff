"""The names of labs: "08_linear_attention" has the number "08" and the name "linear_attention"."""

import re


def parse_slug(slug: str) -> tuple[str, str]:
    """Number and name. Either is "" where there is none: an instructor's own lab may be called "heat"."""
    number, name = re.fullmatch(r"(?:(\d+)(?:_|$))?(.*)", slug, re.S).groups()
    return number or "", name


def label(slug: str) -> str:
    """What a lab is called for short, and in commands: "08", or the whole slug where it has no number."""
    return parse_slug(slug)[0] or slug
