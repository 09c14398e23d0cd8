"""Nobody: what stands for the tenants' known faces where there are none."""

from chalicelib.domain.faces import Searched


class Nobody:
    """Nobody is enrolled, and so nobody is found."""

    def faces_of(self, tenant_id: str, username: str) -> tuple[str, ...] | None:  # noqa: ARG002
        """None: nobody of this name is enrolled."""
        return None

    def search(self, tenant_id: str, encoded: bytes, *, at_least: float) -> Searched:  # noqa: ARG002
        """No face is known."""
        return Searched((), "", found=False)
