"""What an exam's start does to the quotas: `python -m infra.capacity --candidates 1000`.

So many candidates start within two minutes; frame by frame it is found out what Rekognition's rate withholds,
and what Lambda, API Gateway and DynamoDB need. The same seed finds the same. `--keep` writes the committed
results, of 100, 1,000 and 100,000 candidates, on which docs/cost.md rests.
"""

import argparse
import json
import sys

from rich.console import Console

from infra.capacity import results
from infra.capacity.exam import Exam
from infra.capacity.quotas import QUOTAS
from infra.capacity.show import show
from infra.capacity.simulation import simulated
from infra.cost.__main__ import add_profile, profile_of
from infra.cost.measured import measured
from infra.cost.profile import BadProfile

_WIDTH = 130
"""Of a table that goes into a file."""


def main() -> int:
    """Simulate what the command line says; 2 for an exam that nobody could sit."""
    options = _options()
    if options.keep:
        results.write(_told)
        return 0
    try:
        profile = profile_of(options)
        exam = Exam(
            options.candidates,
            profile,
            joining_s=options.joining,
            seconds=options.seconds or 2 * options.joining,
            seed=options.seed,
        )
    except BadProfile as exc:
        print(f"capacity: {exc}.", file=sys.stderr)
        return 2
    found = simulated(exam, measured(), options.tps, _told)
    if options.json:
        print(json.dumps(found, indent=1))
    else:
        show(Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False), found)
    return 0


def _told(line: str) -> None:
    """On standard error, so that --json can be piped."""
    print(line, file=sys.stderr, flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m infra.capacity", description=__doc__)
    parser.add_argument("--candidates", type=int, default=1000)
    parser.add_argument(
        "--tps", type=int, default=int(QUOTAS["rekognition_tps"].default), help="Rekognition's calls a second"
    )
    parser.add_argument("--joining", type=float, default=120.0, help="seconds within which all start")
    parser.add_argument("--seconds", type=float, help="that are simulated; default: twice as long")
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--json", action="store_true", help="for programs")
    parser.add_argument("--keep", action="store_true", help="write the committed results")
    add_profile(parser)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
