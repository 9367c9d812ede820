"""`python -m labs`: run the labs and store what they found, or check that it still holds."""

from __future__ import annotations

import argparse
import sys

from labs.kit.registry import UnknownLabError, load, names
from labs.kit.running import check, reproduce, stale, through


def main(arguments: list[str] | None = None) -> int:
    """Run the named labs, or all.

    Args:
        arguments: the command line, without the program's name; see `--help`.

    Returns:
        0 if all went well; 1 if, with `--check`, a stored result or figure differs, or, with `--stale`, results are
        older than their code; 2 if a lab does not exist.
    """
    parser = argparse.ArgumentParser(prog="python -m labs", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="labs to run; all where none is named")
    parser.add_argument("--check", action="store_true", help="run and compare with what is stored; write nothing")
    parser.add_argument("--stale", action="store_true", help="name those whose results are older than their code")
    parser.add_argument(
        "--jobs", type=int, default=1, metavar="N", help="labs to run at a time, in processes of their own"
    )
    options = parser.parse_args(arguments)
    if options.stale:
        found = [line for name in options.names or names() if (line := stale(name))]
        print("\n".join(found), end="\n" if found else "")
        return 1 if found else 0
    try:
        modules = [load(name) for name in options.names or names()]
    except UnknownLabError as error:
        print(f"labs: {error}", file=sys.stderr)
        return 2
    each = check if options.check else reproduce
    faults = [fault for found in through(modules, each, options.jobs) for fault in found]
    if options.check:
        print("\n".join(faults) if faults else f"labs: {len(modules)} reproduced what is stored")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
