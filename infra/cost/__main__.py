"""What an hour, a session, a day and a million sessions cost: `python -m infra.cost --fps 1 --minutes 60`.

The shares of calm, dense and hard activity add up to 1; where one is given, those left out are 0. Quantities
come from `make bench` (`infra/cost/measured.json`), prices from `infra/cost/prices.json`.
"""

import argparse
import json
import sys
from dataclasses import fields, replace

from rich.console import Console

from infra.cost.bill import bill
from infra.cost.measured import measured
from infra.cost.prices import prices
from infra.cost.profile import GROUPS, Assumed, BadProfile, Profile
from infra.cost.show import document, show

_WIDTH = 130
"""Of a table that goes into a file."""


def main() -> int:
    """Price the profile of the command line; 2 for one that nobody could sit."""
    parser = argparse.ArgumentParser(prog="python -m infra.cost", description=__doc__)
    add_profile(parser)
    parser.add_argument("--json", action="store_true", help="for programs")
    options = parser.parse_args()
    try:
        profile = profile_of(options)
    except BadProfile as exc:
        print(f"cost: {exc}.", file=sys.stderr)
        return 2
    found = bill(profile, measured(), prices())
    if options.json:
        print(json.dumps(document(profile, found, measured(), prices()), indent=1))
    else:
        console = Console(width=None if sys.stdout.isatty() else _WIDTH, highlight=False)
        show(console, profile, found, measured(), prices())
    return 0


def add_profile(parser: argparse.ArgumentParser) -> None:
    """The options that make a profile."""
    usual = Profile()
    parser.add_argument("--fps", type=float, default=usual.fps, help="frames a second")
    parser.add_argument("--minutes", type=float, default=usual.minutes, help="length of a session")
    for name in GROUPS:
        parser.add_argument(f"--{name}", type=float, help=f"share of the time that is {name}")
    parser.add_argument("--sessions-per-day", type=float, default=usual.sessions_per_day)
    parser.add_argument("--keep-frames", default=usual.keep_frames, choices=("all", "evidence", "none"))
    parser.add_argument("--no-labels", action="store_true", help="no objects are asked for")
    parser.add_argument("--no-text", action="store_true", help="no text is asked for")
    parser.add_argument("--no-gate", action="store_true", help="every frame is asked about, without a budget")
    parser.add_argument("--together", action="store_true", help="all frames of a session come to one process")
    parser.add_argument("--assume", default="", help='assumptions, as in "provider_s=0.5 slowness=3"')


def profile_of(options: argparse.Namespace) -> Profile:
    """What they say. Raises BadProfile."""
    given = {name: getattr(options, name) for name in GROUPS if getattr(options, name) is not None}
    shares = dict.fromkeys(GROUPS, 0.0) | given if given else Profile().shares
    return Profile(
        fps=options.fps,
        minutes=options.minutes,
        **shares,
        sessions_per_day=options.sessions_per_day,
        keep_frames=options.keep_frames,
        labels=not options.no_labels,
        text=not options.no_text,
        gate=not options.no_gate,
        together=options.together,
        assumed=_assumed(options.assume),
    )


def _assumed(text: str) -> Assumed:
    names, changed = {each.name for each in fields(Assumed)}, dict[str, float]()
    for each in text.split():
        name, _, value = each.partition("=")
        if name not in names:
            raise BadProfile(f"there is no assumption {name}; there are {', '.join(sorted(names))}")
        try:
            changed[name] = float(value)
        except ValueError as exc:
            raise BadProfile(f"{name} must be a number, not {value!r}") from exc
    return replace(Assumed(), **changed)


if __name__ == "__main__":
    sys.exit(main())
