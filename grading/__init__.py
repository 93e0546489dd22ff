"""What only instructors need: references and private cases, the grader, its sandbox and its reports."""

from . import patches

patches.no_grammar_of_addresses()  # before anything imports nbformat

# For processes that are forked: threads do not survive a fork, and whatever waits for one hangs.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")} | {"OMP_WAIT_POLICY": "PASSIVE"}
