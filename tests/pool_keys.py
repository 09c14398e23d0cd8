"""The public keys of moto's user pools on a port: AWS's JWKS, where moto is in the process."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from threading import Event

from moto.utilities.utils import load_resource

from tests.serving import serving


@contextmanager
def pool_keys() -> Iterator[str]:
    """Their address, until the end of the block."""
    body = json.dumps(load_resource("cognitoidp/resources/jwks-public.json")).encode()

    class Keys(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    with serving(Keys, Event()) as port:
        yield f"http://127.0.0.1:{port}/.well-known/jwks.json"
