"""python -m grading release LAB: pack the feedback pages as a zip, and begin the next round.

Use it where you give feedback back through a learning platform; `nbgrader release_feedback` and the formgrader's button
begin the next round as well. In the next round, whoever submits another version is graded with new private inputs:
what a feedback page says of the old ones is of no use. Unchanged submissions keep their points.
"""

import os
import sys
import zipfile
from argparse import Namespace
from pathlib import Path

from llmcourse.files import replacing
from llmcourse.work import WorkError
from llmcourse.work.folder import find
from nbgrader.exchange.default import ExchangeReleaseFeedback

from .. import paths
from ..running import rounds


class ReleaseFeedback(ExchangeReleaseFeedback):
    """nbgrader's, which then begins the lab's next round."""

    def start(self):
        super().start()
        rounds.begin(self.coursedir.assignment_id)


def run(options: Namespace) -> int:
    try:
        slug = find(options.lab)
        pages = {path.parents[1].name: path for path in paths.runtime().glob(f"feedback/*/{slug}/lab.html")}
        if not pages:
            raise WorkError(f"There are no feedback pages for {slug}: run `make grade LAB={slug[:2]}` first.")
        made = pack(slug, pages)
        said = rounds.announce(slug)
    except (OSError, WorkError) as error:
        print(error, file=sys.stderr)
        return 2
    print(f"{len(pages)} feedback pages: {os.path.relpath(made)}")
    print(said)
    return 0


def pack(slug: str, pages: dict[str, Path]) -> Path:
    """Write feedback_SLUG.zip, with one page STUDENT/SLUG.html for each student."""
    place = paths.runtime() / f"feedback_{slug}.zip"
    with replacing(place) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, page in sorted(pages.items()):
            archive.write(page, f"{student}/{slug}.html")
    return place
