"""List a tenant's alerts, of all its sessions: for a dashboard."""

from dataclasses import dataclass

from chalicelib.domain.alerts import ListedAlert, Wanted
from chalicelib.domain.errors import BadInput
from chalicelib.domain.model import Page
from chalicelib.domain.rules import RULES
from chalicelib.flows.ports import Alerts, Evidence
from chalicelib.flows.read_session import linked


@dataclass(frozen=True, slots=True)
class ListAlerts:
    """The newest first."""

    alerts: Alerts
    evidence: Evidence

    def __call__(
        self, tenant_id: str, wanted: Wanted, limit: int, after: str | None = None
    ) -> Page[ListedAlert]:
        """A page of them, with links to their pictures. Raises BadInput."""
        if wanted.type is not None and wanted.type not in RULES:
            raise BadInput(f"There are no alerts of this type; choose from {', '.join(RULES)}.")
        if wanted.since is not None and wanted.until is not None and wanted.until < wanted.since:
            raise BadInput("`until` is before `since`; choose a later one.")
        page = self.alerts.page(tenant_id, wanted, limit, after)
        return Page(
            tuple(linked(self.evidence, tenant_id, each.session_id, each) for each in page.items), page.cursor
        )
