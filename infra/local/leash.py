"""Runs a module that ends when its parent does: `python -m infra.local.leash <module> <arguments>`.

The parent holds the other end of standard input. However it dies, the pipe closes and this program goes
with it. Needs the standard library only, because it also runs in the environment of the Rekognition emulator.
"""

import os
import runpy
import signal
import sys
import threading

GRACE_S = 5.0
"""From being asked to end until ending anyway."""


def main() -> None:
    """Run the module named by the first argument as a program."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    module = sys.argv[1]
    sys.argv = sys.argv[1:]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


def _end_with_parent() -> None:
    while os.read(sys.__stdin__.fileno() if sys.__stdin__ else 0, 1024):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    threading.Event().wait(GRACE_S)
    os._exit(1)


if __name__ == "__main__":
    main()
