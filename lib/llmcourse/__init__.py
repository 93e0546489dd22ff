"""llmcourse: adapting, extending and grounding language models, by hand.

Each topic of the course is a subpackage, named in `course.py`; import what you need from it. Importing this package
alone is instant: it loads no topic and not even torch.
"""

import os as _os

# Threads of OpenMP that spin while they wait make any busy machine up to ten times slower. It must be said before
# torch is imported, therefore here.
_os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")

__version__ = "0.1.0"
