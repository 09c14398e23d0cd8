"""Start the emulator: `python -m infra.local.rekognition --port N`, from the root of the repository."""

import argparse
import signal
import sys
import threading
from pathlib import Path

from infra.local.rekognition.answers import Answers, load_answers
from infra.local.rekognition.calls import Rate
from infra.local.rekognition.engine import Engine, EngineMissing, ObjectFinder, choose_engine
from infra.local.rekognition.memory import Memory
from infra.local.rekognition.operations.room import Room
from infra.local.rekognition.parameters import service_model
from infra.local.rekognition.server import Desk, Server
from infra.local.rekognition.sight import Sight
from infra.local.rekognition.storage import Storage


def main() -> None:
    """Serve until told to stop."""
    options = _options()
    try:
        engine = choose_engine(options.engine)
        answers = load_answers(options.answers) if options.answers else Answers()
        sight = Sight(engine, answers, objects=_objects(options.labels_model))
    except (EngineMissing, OSError, ValueError) as exc:
        sys.exit(f"rekognition: {exc}")
    service_model()
    desk = Desk(
        room=Room(sight, Memory(), Storage(options.s3_endpoint)),
        rate=Rate(options.tps),
        latency_s=options.latency_ms / 1000,
    )
    server = Server(options.host, options.port, desk)
    _stop_on_signals(server)
    _announce(server.url, engine)
    server.serve_forever(poll_interval=0.1)
    server.server_close()


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="infra.local.rekognition", description="A Rekognition that runs offline."
    )
    parser.add_argument("--port", type=int, required=True, help="0 picks a free one")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--engine", choices=("auto", "mediapipe", "haar"), default="auto")
    parser.add_argument("--answers", type=Path, help="scripts by the sha256 of a picture, as JSON")
    parser.add_argument(
        "--labels-model", type=Path, help="an ONNX object detector, see docs/rekognition-offline.md"
    )
    parser.add_argument("--s3-endpoint", help="where Image.S3Object is read; default: AWS_ENDPOINT_URL(_S3)")
    parser.add_argument("--latency-ms", type=float, default=0.0, help="answer no sooner than this")
    parser.add_argument("--tps", type=float, help="refuse calls beyond this rate a second")
    return parser.parse_args()


def _objects(model: Path | None) -> ObjectFinder | None:
    if model is None:
        return None
    from infra.local.rekognition.engine.objects import OnnxObjects  # noqa: PLC0415 - its runtime is optional

    return OnnxObjects(model)


def _stop_on_signals(server: Server) -> None:
    def stop(*_: object) -> None:
        server.desk.closing.set()
        # shutdown() waits for the loop that this handler has interrupted, so it cannot be called from here.
        threading.Thread(target=server.shutdown, daemon=True).start()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)


def _announce(url: str, engine: Engine) -> None:
    versions = ", ".join(f"{name} {version}" for name, version in engine.versions.items())
    costs = f" - FALLBACK: {engine.costs}" if engine.costs else ""
    print(f"rekognition: listening on {url} with engine {engine.name} ({versions}){costs}", flush=True)


if __name__ == "__main__":
    main()
