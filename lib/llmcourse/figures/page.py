"""What all pieces of a page share: an object that displays itself and carries the style sheet of all pieces."""

import functools
from dataclasses import dataclass
from importlib import resources

from .. import html as shared

# JupyterLab takes keys for itself unless the element that has the focus forbids it.
OURS = 'data-lm-suppress-shortcuts="true"'
# A notebook that is not trusted shows outputs without their style sheets, and this sentence is hidden by ours.
UNTRUSTED = '<p class="untrusted">To try this, run this cell.</p>'


@functools.cache
def sheet() -> str:
    """The style sheet as an element: what the course's pages share, and what only pieces need (page.css)."""
    own = resources.files(__package__).joinpath("page.css").read_text(encoding="utf-8")
    own = own.replace("DARK", f":is({','.join(shared.DARK_PAGES)})")
    return shared.sheet(shared.base() + own)


@dataclass(frozen=True)
class Shown:
    """Something to show: HTML for a notebook, `plain` for a terminal, a screen reader and the tests.

    kind  classes of the surrounding element, for the style sheet
    """

    html: str
    plain: str
    kind: str = ""

    def __html__(self) -> str:
        return self.html

    def _repr_html_(self) -> str:
        return f'{sheet()}<div class="{f"llmf {self.kind}".strip()}">{self.html}</div>'

    def __repr__(self) -> str:
        return self.plain
