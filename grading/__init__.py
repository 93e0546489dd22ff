"""What only instructors need: references and hidden cases, the grader, its sandbox, its reports."""

import sys

# nbformat reads notebooks with jsonschema, and that imports a grammar of web addresses where the package is installed:
# 1.5 seconds in each of the processes that grade, for a check that notebooks never ask for. None means: not installed.
sys.modules.setdefault("rfc3987_syntax", None)

# For processes that others are forked from: a thread is not there after a fork, and whoever waits for it hangs.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")} | {"OMP_WAIT_POLICY": "PASSIVE"}
