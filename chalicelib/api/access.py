"""Who may call what: the one table of roles, scopes and operations.

An operation is the name of its view. Of an API key a scope is asked, of everybody else a role; a session
token is good for its own session, a candidate for their own attempts, everybody for their own tenant alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.credentials import Scope


class Role(StrEnum):
    """What a caller may do."""

    KEY = "key"
    """A hiring platform's server with its API key: whatever the key's scopes say."""
    SESSION = "session"
    """A candidate's browser with a session token: frames, live metrics and end of one session."""
    CANDIDATE = "candidate"
    """A person who takes exams: their own ones."""
    PROCTOR = "proctor"
    """A person who watches: reads sessions, alerts and results, and changes nothing."""
    ADMIN = "admin"
    """A person who may do what their tenant may."""


@dataclass(frozen=True, slots=True)
class Access:
    """Who may call an operation."""

    roles: frozenset[Role] = frozenset()
    scope: Scope | None = None
    """What an API key needs; None where no key helps."""

    @property
    def is_open(self) -> bool:
        """Whether no credential is needed."""
        return not self.roles


def _for(*roles: Role, scope: Scope | None = None) -> Access:
    return Access(frozenset((*roles, *((Role.KEY,) if scope else ()))), scope)


_ANYONE = Access()
_BROWSER = (Role.SESSION,)
_STAFF = (Role.PROCTOR, Role.ADMIN)
_ADMINS = (Role.ADMIN,)
_PEOPLE = (Role.CANDIDATE, Role.PROCTOR, Role.ADMIN)

ACCESS: Mapping[str, Access] = {
    # The service itself
    "get_health": _ANYONE,
    "get_openapi": _ANYONE,
    "get_docs": _ANYONE,
    # The tenant and its API keys
    "get_tenant": _for(*_ADMINS, scope=Scope.KEYS),
    "change_tenant": _for(*_ADMINS, scope=Scope.KEYS),
    "list_keys": _for(*_ADMINS, scope=Scope.KEYS),
    "create_key": _for(*_ADMINS, scope=Scope.KEYS),
    "rename_key": _for(*_ADMINS, scope=Scope.KEYS),
    "rotate_key": _for(*_ADMINS, scope=Scope.KEYS),
    "revoke_key": _for(*_ADMINS, scope=Scope.KEYS),
    # Sessions
    "start_session": _for(*_ADMINS, scope=Scope.SESSIONS_WRITE),
    "list_sessions": _for(*_STAFF, scope=Scope.SESSIONS_READ),
    "erase_session": _for(*_ADMINS, scope=Scope.SESSIONS_ERASE),
    "post_frame": _for(*_BROWSER, scope=Scope.SESSIONS_WRITE),
    "post_frames": _for(*_BROWSER, scope=Scope.SESSIONS_WRITE),
    "identify_candidate": _for(*_BROWSER, *_ADMINS, scope=Scope.SESSIONS_WRITE),
    "ask_challenge": _for(*_BROWSER, *_ADMINS, scope=Scope.SESSIONS_WRITE),
    # Not for proctors: how long it lasts tells of an accommodation. What became of it is in the report.
    "get_challenge": _for(*_BROWSER, *_ADMINS, scope=Scope.SESSIONS_READ),
    "get_metrics": _for(*_BROWSER, *_STAFF, scope=Scope.SESSIONS_READ),
    "get_alerts": _for(*_STAFF, scope=Scope.SESSIONS_READ),
    "get_emotions": _for(*_STAFF, scope=Scope.SESSIONS_READ),
    "end_session": _for(*_BROWSER, *_ADMINS, scope=Scope.SESSIONS_WRITE),
    "get_report": _for(*_STAFF, scope=Scope.SESSIONS_READ),
    # Faces that are known
    "train_faces": _for(*_ADMINS, scope=Scope.FACES_WRITE),
    "get_face_job": _for(*_ADMINS, scope=Scope.FACES_READ),
    "recognize_face": _for(*_ADMINS, scope=Scope.FACES_READ),
    "list_faces": _for(*_STAFF, scope=Scope.FACES_READ),
    "delete_faces": _for(*_ADMINS, scope=Scope.FACES_WRITE),
    # Pictures by themselves
    "detect_faces": _for(*_ADMINS, scope=Scope.IMAGES_WRITE),
    "hand_over_image": _for(*_ADMINS, scope=Scope.IMAGES_WRITE),
    "upload_image": _for(*_ADMINS, scope=Scope.IMAGES_WRITE),
    "get_annotated_image": _for(*_ADMINS, scope=Scope.IMAGES_READ),
    "get_image": _for(*_ADMINS, scope=Scope.IMAGES_READ),
    "erase_image": _for(*_ADMINS, scope=Scope.IMAGES_WRITE),
    # Webhooks
    "list_endpoints": _for(*_ADMINS, scope=Scope.WEBHOOKS_READ),
    "create_endpoint": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    "get_endpoint": _for(*_ADMINS, scope=Scope.WEBHOOKS_READ),
    "change_endpoint": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    "delete_endpoint": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    "get_endpoint_secret": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    "rotate_endpoint_secret": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    "list_deliveries": _for(*_ADMINS, scope=Scope.WEBHOOKS_READ),
    "get_delivery": _for(*_ADMINS, scope=Scope.WEBHOOKS_READ),
    "redeliver": _for(*_ADMINS, scope=Scope.WEBHOOKS_WRITE),
    # Exams
    "create_exam": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "list_exams": _for(Role.CANDIDATE, *_STAFF, scope=Scope.EXAMS_READ),
    "get_exam": _for(Role.CANDIDATE, *_STAFF, scope=Scope.EXAMS_READ),
    "change_exam": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "close_exam": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "assign_candidates": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "list_candidates": _for(*_STAFF, scope=Scope.EXAMS_READ),
    "change_accommodation": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "unassign_candidate": _for(*_ADMINS, scope=Scope.EXAMS_WRITE),
    "list_results": _for(*_STAFF, scope=Scope.EXAMS_READ),
    "get_result": _for(*_STAFF, scope=Scope.EXAMS_READ),
    # Attempts
    "start_attempt": _for(Role.CANDIDATE),
    "submit_answers": _for(*_BROWSER, Role.CANDIDATE),
    "upload_frame": _for(*_BROWSER, Role.CANDIDATE),
    # Across sessions
    "list_alerts": _for(*_STAFF, scope=Scope.SESSIONS_READ),
    # What people do for themselves
    "register": _ANYONE,
    "confirm": _ANYONE,
    "log_in": _ANYONE,
    "refresh": _ANYONE,
    "log_out": _for(*_PEOPLE),
    "forget_password": _ANYONE,
    "reset_password": _ANYONE,
    "get_me": _for(*_PEOPLE),
    # People
    "invite_person": _for(*_ADMINS, scope=Scope.PEOPLE_WRITE),
    "list_people": _for(*_STAFF, scope=Scope.PEOPLE_READ),
    "change_person": _for(*_ADMINS, scope=Scope.PEOPLE_WRITE),
    "remove_person": _for(*_ADMINS, scope=Scope.PEOPLE_WRITE),
}
"""Every operation has its line, and every line its operation: a test checks both."""
