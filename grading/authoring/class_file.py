"""python -m grading class: describe a class of your own in one file, class.toml.

Where there is none, one is written at the course's root (LLMCOURSE_CLASS names another place), with a comment on
every line; as it comes, the class takes every module that is written. Where there is one, it is read, and the command
says what it makes of it: modules, weights, due dates, the late rule, and modules that are left out although others
build on them. A file that is there is never overwritten.
"""

import os
import sys
from argparse import Namespace

from llmcourse import classroom
from llmcourse.checks import CheckFailed, lab
from llmcourse.course import MODULES, module
from llmcourse.files import write
from llmcourse.slugs import label

from .. import paths

TEXT = """\
# A class of your own: which modules it takes, what they weigh, when they are due, and what lateness costs.
# Start page and map of the students' zip, `make lab`, `make grade`, tables and report follow this file. Lines that
# begin with # say nothing: remove the sign where you want one to count. `make class` says what the file means.

# The title: on the students' start page and on the report.
title = "{title}"

# The time zone of dates below that name none.
timezone = "UTC"  # such as "Europe/Berlin"

# The modules, by number. Without this line the class takes the whole course.
modules = [
{modules}
]

# Labs of your own: folders below that of this file. grading/README.md explains what is in them.
# labs = ["my_labs/heat"]

# What a lab weighs in the total; a lab that is not named weighs 1. The total is the weighted mean of the shares of
# their points that a student has: a lab that was not submitted counts as zero, and late penalties are taken off.
[weights]
{weights}

# When labs are due, by number: a date (the end of that day) or a date and time. `make grade` enters it into the
# gradebook. A lab that is not named is due when the formgrader says so, if it says anything.
[due]
{due}

# What lateness costs. Without these lines c.LateDays in nbgrader_config.py holds.
# [late]
# free = 2       # days after the due date that cost nothing
# per_day = 0.1  # share of the points for each day begun after that
# most = 0.5     # share of the points that lateness costs at most
"""


def run(options: Namespace) -> int:
    path = classroom.place(paths.ROOT)
    if not path.exists():
        write(path, text())
        print(f"wrote {os.path.relpath(path)}: edit it, then run this again to see what it means.")
        return 0
    try:
        print("\n".join(summary(classroom.read(paths.ROOT))))
    except (classroom.ClassError, CheckFailed) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def text() -> str:
    """A class.toml that takes every module that is written."""
    built = [module for module in MODULES if module.built(paths.ROOT)]
    return TEXT.format(
        title="Language models",
        modules="\n".join(f"  {module.number},  # {module.title}" for module in built),
        weights="\n".join(f"# {module.number:02} = 1" for module in built),
        due="\n".join(f"# {module.number:02} = 2030-01-31" for module in built),
    )


def summary(room: classroom.Classroom) -> list[str]:
    """What a class.toml means, line by line."""
    lines = [f"{room.title or 'A class without a title'} ({os.path.relpath(room.path)})"]
    titles = {slug: module(slug).title for slug in room.modules}
    titles |= {slug: f"{lab(slug).title} (a lab of your own)" for slug in room.own}
    for slug, title in titles.items():
        due = f"due {room.due[slug]:%Y-%m-%d %H:%M} UTC" if slug in room.due else "no due date here"
        lines.append(f"  {label(slug)} {title}: weighs {room.weight(slug):g}, {due}")
    if room.late is not None:
        late = room.late
        lines.append(
            f"Late: {late.free:g} days cost nothing, each day after that {late.per_day:.0%} of the points, "
            f"all together {late.most:.0%} at most."
        )
    return lines + room.gaps(paths.ROOT)
