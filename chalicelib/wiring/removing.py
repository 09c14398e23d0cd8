"""The end of a tenant, with all that is its own: for the operator's command, and not for the functions."""

import time
from functools import cache

from chalicelib.flows.remove_tenant import RemoveTenant
from chalicelib.settings import MOST_TRUSTED_S
from chalicelib.wiring.adapters import (
    accounts,
    api_keys,
    attempts,
    endpoints,
    exams,
    people,
    sessions,
    tenants,
)
from chalicelib.wiring.detecting import forget_images
from chalicelib.wiring.knowing import forget_faces
from chalicelib.wiring.process import settings
from chalicelib.wiring.watching import erase_session


@cache
def remove_tenant() -> RemoveTenant:
    """Remove a tenant. Unless this environment says how long keys are trusted, it waits for the longest."""
    chosen = "key_cache_s" in settings().model_fields_set
    return RemoveTenant(
        tenants(),
        api_keys(),
        people(),
        accounts(),
        sessions(),
        erase_session(),
        exams(),
        attempts(),
        {"face records": forget_faces(), "images": forget_images(), "webhook records": endpoints().forget},
        trust_s=settings().key_cache_s if chosen else MOST_TRUSTED_S,
        wait=time.sleep,
    )
