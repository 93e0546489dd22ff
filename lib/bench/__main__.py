"""`python -m lib.bench [cpu|cuda]`: measure every case at every size, and write the page."""

import os
import sys

os.environ["OMP_NUM_THREADS"] = os.environ["MKL_NUM_THREADS"] = "1"  # read when torch is imported
os.environ["TRANSFORMERS_VERBOSITY"] = "error"  # it says that its own code in torch is slow: that is what is measured

from .run import main

sys.exit(main(sys.argv[1:]))
