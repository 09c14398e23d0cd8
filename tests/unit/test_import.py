"""Importing the application does no I/O and needs no environment."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]

NO_NETWORK = """
import socket, sys

def refuse(*args, **kwargs):
    raise AssertionError("the network was asked for")

socket.socket.connect = refuse
socket.create_connection = refuse
socket.getaddrinfo = refuse
"""
NO_WRITING = """
import builtins

plain_open = open

def only_read(file, mode="r", *args, **kwargs):
    assert not set(mode) & set("wax+"), f"{file} was opened for writing"
    return plain_open(file, mode, *args, **kwargs)

builtins.open = only_read
"""


def run(program: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program in a process of its own, with nothing in its environment but what is given."""
    needed = {name: os.environ[name] for name in ("SYSTEMROOT",) if name in os.environ}
    return subprocess.run(
        [sys.executable, "-B", "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{program}"],
        env=needed | environment,
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_application_is_imported_without_environment_network_or_writing() -> None:
    done = run(NO_NETWORK + NO_WRITING + "import app; print(app.app.app_name)")

    assert (done.returncode, done.stdout.strip()) == (0, "proctoring"), done.stderr


def test_importing_makes_no_client_and_reads_no_credentials() -> None:
    done = run(
        "import app, boto3; from chalicelib import wiring\\n".replace("\\n", "\n")
        + "made = [name for name, each in vars(wiring).items() "
        "if hasattr(each, 'cache_info') and each.cache_info().currsize]\n"
        "print(made, boto3.DEFAULT_SESSION)"
    )

    assert (done.returncode, done.stdout.strip()) == (0, "[] None"), done.stderr


def test_importing_does_not_load_what_is_only_needed_later() -> None:
    later = {"asyncio", "openai", "jwt", "cryptography", "moto", "infra"}
    done = run(f"import app, sys; print(sorted({later} & set(sys.modules)))")

    assert (done.returncode, done.stdout.strip()) == (0, "[]"), done.stderr


def test_importing_reads_no_sources_and_builds_no_schema_of_a_body_or_an_answer() -> None:
    done = run(
        "import app, linecache\n"
        "from chalicelib.api.endpoint import OPERATIONS\n"
        "models = {model for each in OPERATIONS for model in (each.body, each.query, each.answer) if model}\n"
        "built = [model.__name__ for model in models if model.__pydantic_complete__]\n"
        "print(len(models) > 0, built, [name for name in linecache.cache if 'chalicelib' in name])"
    )

    assert (done.returncode, done.stdout.strip()) == (0, "True [] []"), done.stderr


def test_a_wrong_variable_is_named_when_the_application_is_imported() -> None:
    done = run("import app", SESSION_HOURS="many")

    assert done.returncode != 0
    assert "session_hours" in done.stderr
