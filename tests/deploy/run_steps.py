"""A deployment in a process of its own, to be killed: `python -m tests.deploy.run_steps STAGE TREE BUILT`."""

import sys
from pathlib import Path

from infra.deploy.steps import carry_out
from tests.deploy.account import steps

if __name__ == "__main__":
    carry_out(steps(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))[1])
