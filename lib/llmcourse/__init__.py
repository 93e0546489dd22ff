"""llmcourse: adapting, extending and grounding language models, by hand.

Each topic of the course is a subpackage, named in `course.py`; import what you need from it. Importing this package
alone is instant: it loads no topic and not even torch.
"""

import os as _os

# OpenMP threads that spin while they wait make a busy machine up to ten times slower. This must be set before torch is
# imported, hence here.
_os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
