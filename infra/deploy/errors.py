"""What can go wrong on the way to Lambda."""


class PackageError(Exception):
    """A package that must not be deployed. Each argument says one thing that is wrong with it."""
