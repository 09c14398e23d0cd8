"""What can go wrong on the way to Lambda."""


class PackageError(Exception):
    """A package that must not be deployed. Each argument says one thing that is wrong with it."""


class DeployError(Exception):
    """A step of a deployment that failed. Each argument says one thing about it; the last what to do."""
