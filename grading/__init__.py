"""What only instructors need: references and private cases, the grader, its sandbox, its reports."""

from . import patches

patches.no_grammar_of_addresses()  # before nbformat is imported, whoever imports it

# For processes that others are forked from: a thread is not there after a fork, and whoever waits for it hangs.
ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "MKL", "OPENBLAS")} | {"OMP_WAIT_POLICY": "PASSIVE"}
