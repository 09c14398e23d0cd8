"""`python -m infra.deploy package|deploy|destroy --stage dev`: see docs/deploy.md."""

import argparse
import sys
from pathlib import Path

from infra.deploy import account, deploy, destroy, steps
from infra.deploy.advice import AGAIN, advice_on, text_of
from infra.deploy.contents import MAX_APP_ZIP, MAX_UNZIPPED, MIB
from infra.deploy.errors import PackageError
from infra.deploy.functions import Functions
from infra.deploy.package import APP, LAYER, Package, make_package, read_package
from infra.deploy.stage import Stage
from infra.deploy.steps import FAILURES
from infra.deploy.target import running

TREE = Path(__file__).parents[2]
INTERRUPTED = 130


def main() -> int:
    """Do what the command line says; 1 when it failed."""
    asked = _parser().parse_args()
    try:
        asked.command(asked)
    except PackageError as exc:
        print("Not packaged:", text_of(exc), sep="\n  ", file=sys.stderr)
    except steps.StoppedError as stopped:
        _lament(f"Stopped at {stopped.title}", stopped.reason, AGAIN)
    except FAILURES as exc:
        _lament("Not begun", exc)
    except KeyboardInterrupt:
        print(f"\nInterrupted. {AGAIN}", file=sys.stderr)
        return INTERRUPTED
    else:
        return 0
    return 1


def package(asked: argparse.Namespace) -> None:
    """Build and check the package and the layer."""
    _package(asked.out or TREE / "build" / asked.stage, asked.stage)


def make_stage(asked: argparse.Namespace) -> None:
    """Bring the account to what the tree says."""
    stage = Stage(asked.stage)
    deploy.check_settings(TREE, stage)
    place = account.current()
    deploy.check_place(place, stage)
    deploy.check_maker(place, stage)
    print(f"Stage {stage.name} in account {place.id}, {place.region}.")
    if asked.package:
        built = read_package(TREE, asked.package, running())
    else:
        built = _package(TREE / "build" / stage.name, stage.name)
    todo = deploy.steps(
        place,
        stage,
        tree=TREE,
        built=built.folder,
        target=running(),
        parameters=dict(asked.parameter),
        checked=asked.check,
    )
    steps.show_plan(todo)
    if asked.dry_run:
        print("Nothing was changed.")
        return
    steps.carry_out(todo)
    print(deploy.farewell(place, stage))


def take_down(asked: argparse.Namespace) -> None:
    """Take a stage down: what runs, and what it stands on if a person wants that."""
    stage = Stage(asked.stage)
    place = account.current()
    deploy.check_place(place, stage)
    deploy.check_maker(place, stage)
    print(f"Stage {stage.name} in account {place.id}, {place.region}.")
    functions = Functions(place, stage, TREE, TREE / "build" / stage.name / APP, running())
    service, data = destroy.service(functions), destroy.data(place, stage)
    steps.show_plan([*service, *data] if asked.data != "keep" else service)
    if asked.dry_run:
        print("Nothing was changed.")
        return
    what = "what runs and all data for ever" if asked.data == "delete" else "what runs"
    if not asked.yes and not destroy.is_wanted(stage, what, input):
        print("Nothing was changed.")
        return
    steps.carry_out(service)
    if asked.data == "delete" or (
        asked.data == "ask" and destroy.is_wanted(stage, "all data for ever", input)
    ):
        steps.carry_out(data)
        return
    print(
        f"Kept: the stack {stage.stack} with all data. `make deploy STAGE={stage.name}` takes it up again; "
        f"`make destroy STAGE={stage.name} DATA=delete` deletes it."
    )


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m infra.deploy")
    commands = parser.add_subparsers(required=True)
    for name, what, command in (
        ("package", "build and check the package and the layer of a stage", package),
        ("deploy", "bring a stage in the account to what the tree says", make_stage),
        ("destroy", "take a stage down, asking about its data", take_down),
    ):
        added = commands.add_parser(name, help=what)
        added.add_argument("--stage", default="dev")
        added.set_defaults(command=command)
        if name == "package":
            added.add_argument("--out", type=Path, help="folder for the results (default: build/STAGE)")
            continue
        added.add_argument("--dry-run", action="store_true", help="say what would be done, and stop")
        if name == "deploy":
            added.add_argument("--package", type=Path, help="a folder of `make package`, not a new one")
            added.add_argument("--no-check", dest="check", action="store_false", help="do not ask its health")
            added.add_argument(
                "--parameter", type=_parameter, action="append", default=[], metavar="NAME=VALUE"
            )
        else:
            added.add_argument("--data", choices=("ask", "keep", "delete"), default="ask")
            added.add_argument("--yes", action="store_true", help="do not ask about what runs")
    return parser


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise argparse.ArgumentTypeError(
            f"{text!r} is not NAME=VALUE, with a parameter of infra/template.yaml"
        )
    if name in deploy.OURS:
        raise argparse.ArgumentTypeError(
            f"{name} is not chosen here, but by STAGE= and by the settings in .chalice/config.json"
        )
    return name, value


def _package(out: Path, stage: str) -> Package:
    target = running()
    print(f"Packaging stage {stage} for {target.runtime} ...", flush=True)
    built = make_package(TREE, out, stage, target)
    unzipped = built.app.unzipped + built.layer.unzipped
    print(f"{'MiB':22}{'zipped':>8}{'limit':>7}{'unzipped':>10}{'limit':>7}")
    print(f"{APP:22}{built.app.zipped / MIB:8.1f}{MAX_APP_ZIP / MIB:7.0f}{built.app.unzipped / MIB:10.1f}")
    print(f"{LAYER:22}{built.layer.zipped / MIB:8.1f}{'':7}{built.layer.unzipped / MIB:10.1f}")
    print(f"{'together':22}{'':15}{unzipped / MIB:10.1f}{MAX_UNZIPPED / MIB:7.0f}")
    print(f"Written to {built.folder}: {', '.join(sorted(file.name for file in built.folder.iterdir()))}")
    return built


def _lament(what: str, error: BaseException, then: str = "") -> None:
    print(f"{what}:", *(f"  {line}" for line in text_of(error).splitlines()), sep="\n", file=sys.stderr)
    for helps in filter(None, (advice_on(error), then)):
        print(helps, file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
