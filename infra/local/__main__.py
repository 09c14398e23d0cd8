"""The offline cloud from the command line: `python -m infra.local {run,serve,picture}`."""

import argparse
import os
import signal
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

from rich.console import Console

from infra.local.cloud import API_PORT, LOGS, OfflineCloud
from infra.local.display import display
from infra.local.player import Api, Played, PlayError, Watcher, play
from infra.local.program import StartError
from infra.local.report_view import print_report
from infra.local.results import frame_log, write_evidence, write_report
from infra.local.sample import open_sample
from infra.local.sources import FASTEST_FPS, Source, SourceError, open_camera, open_clip

TERMINATED = 128 + signal.SIGTERM
TENANT = "Offline"
LOG_WIDTH = 120


def main() -> None:
    """Do what the command line says. Ctrl-C is a good end: code 0."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(TERMINATED))
    options = _options()
    try:
        options.command(options)
    except KeyboardInterrupt:
        print()
    except (StartError, SourceError, PlayError) as exc:
        sys.exit(f"infra.local: {exc}")


def run(options: argparse.Namespace) -> None:
    """Have an interview proctored, and stay up."""
    source = _source(options)
    console = _console()
    with _cloud(options, show_log=False) as cloud:
        api = Api(cloud.url, _open_tenant(cloud))
        _print_welcome(console, cloud, api_key=api.api_key)
        with _watchers(console, options.out) as watcher:
            session_id, report = play(api, source, watcher)
        print_report(console, report)
        _print_places(console, api, session_id)
        if options.out:
            write_report(options.out, report)
            pictures = write_evidence(options.out, api, api.alerts(session_id))
            kept = f"report.json, frames.jsonl, evidence/ (pictures: {pictures})"
            _say(console, f"Results: {options.out}: {kept}")
        if not options.once:
            _say(console, "The offline cloud stays up. Ctrl-C ends it.")
            cloud.watch()


def serve(options: argparse.Namespace) -> None:
    """Only start the cloud."""
    with _cloud(options, show_log=True) as cloud:
        console = _console()
        _print_welcome(console, cloud, api_key=_open_tenant(cloud))
        _say(console, "Ctrl-C ends it.")
        cloud.watch()


def picture(options: argparse.Namespace) -> None:
    """Write the sample's first frame, to have something to send."""
    with closing(open_sample(1.0).frames) as frames:
        options.file.write_bytes(next(frames).picture)


def _options() -> argparse.Namespace:
    cloud = argparse.ArgumentParser(add_help=False)
    cloud.add_argument("--port", type=int, default=API_PORT, help="of the API; the next two are taken too")
    cloud.add_argument("--answers", type=Path, help="a file of answers for the Rekognition emulator")
    cloud.add_argument("--labels-model", type=Path, help="an ONNX model with which it finds objects")

    parser = argparse.ArgumentParser(prog="python -m infra.local", description=__doc__)
    commands = parser.add_subparsers(required=True, metavar="{run,serve,picture}")
    playing = commands.add_parser("run", parents=[cloud], help=run.__doc__)
    playing.set_defaults(command=run)
    what = playing.add_mutually_exclusive_group()
    what.add_argument(
        "--clip", type=Path, help="a video, GIF, picture or folder of pictures; else the sample"
    )
    what.add_argument("--webcam", type=int, help="the number of a camera")
    playing.add_argument("--fps", type=_fps, default=1.0, help="frames sent for each second")
    playing.add_argument("--once", action="store_true", help="exit after the report")
    playing.add_argument("--out", type=Path, help="a folder for report.json, frames.jsonl and evidence/")
    serving = commands.add_parser("serve", parents=[cloud], help=serve.__doc__)
    serving.set_defaults(command=serve)
    writing = commands.add_parser("picture", help=picture.__doc__)
    writing.set_defaults(command=picture)
    writing.add_argument("file", type=Path, help="the JPEG to write")
    return parser.parse_args()


def _fps(text: str) -> float:
    fps = float(text)
    if not 0 < fps <= FASTEST_FPS:
        raise argparse.ArgumentTypeError(f"must be above 0 and at most {FASTEST_FPS:g}")
    return fps


def _console() -> Console:
    """The terminal; for a log, wide enough for a table's rows."""
    return Console(width=None if sys.stdout.isatty() else LOG_WIDTH)


def _source(options: argparse.Namespace) -> Source:
    if options.webcam is not None:
        return open_camera(options.webcam, options.fps)
    return open_clip(options.clip, options.fps) if options.clip else open_sample(options.fps)


def _cloud(options: argparse.Namespace, *, show_log: bool) -> OfflineCloud:
    return OfflineCloud(
        port=options.port, answers=options.answers, labels_model=options.labels_model, show_log=show_log
    )


def _open_tenant(cloud: OfflineCloud) -> str:
    """A key, made as an operator of the cloud would: by infra.tenants, in its environment."""
    os.environ.clear()
    os.environ.update(cloud.environment)
    from infra.tenants import open_tenant  # noqa: PLC0415 - it reads the environment

    return open_tenant(TENANT)


@contextmanager
def _watchers(console: Console, out: Path | None) -> Iterator[Watcher]:
    with ExitStack() as stack:
        watchers = [stack.enter_context(frame_log(out))] if out else []
        yield _All(stack.enter_context(display(console)), *watchers)


class _All:
    """Tells several watchers."""

    def __init__(self, *watchers: Watcher) -> None:
        self._watchers = watchers

    def began(self, source: Source, session_id: str) -> None:
        for watcher in self._watchers:
            watcher.began(source, session_id)

    def saw(self, played: Played) -> None:
        for watcher in self._watchers:
            watcher.saw(played)

    def ended(self) -> None:
        for watcher in self._watchers:
            watcher.ended()


def _print_welcome(console: Console, cloud: OfflineCloud, *, api_key: str) -> None:
    _say(console, f"API          {cloud.url}  (documentation: {cloud.url}/api/docs)")
    _say(console, f"Rekognition  {cloud.rekognition_url}  (engine: {cloud.engine})")
    _say(console, f"AWS          {cloud.aws_url}  (region us-east-1, any credentials)")
    if not cloud.show_log:
        _say(console, f"Logs         {os.path.relpath(LOGS)}")
    _say(console, f"API key      {api_key}")
    _say(console, f"Try          {_curl(api_key)} -X POST {cloud.url}/api/sessions/start")
    _say(console, "")


def _print_places(console: Console, api: Api, session_id: str) -> None:
    for what in ("report", "alerts", "emotions"):
        _say(console, f"See: {_curl(api.api_key)} {api.url}/api/sessions/{session_id}/{what}")


def _curl(api_key: str) -> str:
    return f"curl -s -H 'Authorization: Bearer {api_key}'"


def _say(console: Console, line: str) -> None:
    console.print(line, markup=False, highlight=False, soft_wrap=True)


if __name__ == "__main__":
    main()
