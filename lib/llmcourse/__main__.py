"""python -m llmcourse [lab | work STEP]: check this machine, start the course, or manage a student's work."""

import sys


def main(argv: list[str]) -> int:
    """Each command loads only what it needs."""
    command = argv[0] if argv else "health"
    if command == "health":
        from . import health

        return health.main()
    if command == "lab":
        from . import start

        return start.main(argv[1:])
    if command == "work":
        from . import work

        return work.main(argv[1:])
    print("python -m llmcourse            what the course finds on this machine, and what to do about it")
    print("python -m llmcourse lab        open the course in JupyterLab, which gets any further arguments")
    print("python -m llmcourse work STEP  prepare, update, reset, submit or progress")
    return 0 if command in ("-h", "--help") else 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
