"""A handler on a free port of this machine."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread


@contextmanager
def serving(handler: type[BaseHTTPRequestHandler], closing: Event) -> Iterator[int]:
    """Serve until the end of the block, on the port that is given; `closing` wakes handlers that wait."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=lambda: server.serve_forever(poll_interval=0.02), daemon=True)
    thread.start()
    try:
        yield server.server_port
    finally:
        closing.set()
        server.shutdown()
        server.server_close()
        thread.join()
