"""The Lambda runtime that a package is built for."""

import sys
from dataclasses import dataclass

MACHINE = "x86_64"

# Amazon Linux 2 under Python 3.11, Amazon Linux 2023 from 3.12 on.
GLIBC_MINOR = {11: 26, 12: 34, 13: 34}


@dataclass(frozen=True, slots=True)
class Target:
    """CPython 3.`minor` on x86_64, as Lambda runs it."""

    minor: int

    @property
    def python(self) -> str:
        """The version as pip writes it: 3.12."""
        return f"3.{self.minor}"

    @property
    def runtime(self) -> str:
        """The runtime's name: python3.12."""
        return f"python{self.python}"

    @property
    def abi(self) -> str:
        """The interpreter's binary interface as wheels write it: cp312."""
        return f"cp3{self.minor}"

    @property
    def extension_tag(self) -> str:
        """What stands in the file names of compiled modules: cpython-312-x86_64-linux-gnu."""
        return f"cpython-3{self.minor}-{MACHINE}-linux-gnu"

    @property
    def glibc_minor(self) -> int:
        """The runtime has glibc 2.`glibc_minor`."""
        return GLIBC_MINOR[self.minor]

    @property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of wheels that run there, as pip wants them."""
        known = (f"manylinux_2_{minor}_{MACHINE}" for minor in range(17, self.glibc_minor + 1))
        return (*known, f"manylinux2014_{MACHINE}")


def running() -> Target:
    """The runtime that matches this interpreter: Chalice packages for no other."""
    return Target(minor=sys.version_info.minor)
