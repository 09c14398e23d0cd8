"""What every store of pictures promises: the one in memory and the one in S3."""

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import pytest

from chalicelib.aws.evidence import Evidence as S3Evidence
from chalicelib.domain.seen import Picture
from chalicelib.flows.ports import Evidence
from tests.fakes import FakeEvidence, look

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

ONE, TWO, THREE = (look(f"person {number}".encode()) for number in (1, 2, 3))


@pytest.fixture(params=["in memory", "in S3"])
def evidence(request: pytest.FixtureRequest) -> Evidence:
    if request.param == "in memory":
        return FakeEvidence()
    cloud: Cloud = request.getfixturevalue("cloud")
    return S3Evidence(cloud.client("s3"), cloud.settings.bucket, link_s=900)


def kept(evidence: Evidence, tenant: str, session_id: str = "s-1") -> list[str]:
    return sorted(evidence.kept(tenant, session_id))


def test_a_picture_is_kept_under_its_name(evidence: Evidence, tenant: str) -> None:
    evidence.keep(tenant, "s-1", ONE)
    evidence.keep(tenant, "s-1", TWO)

    assert kept(evidence, tenant) == sorted([ONE.name, TWO.name])


def test_the_same_picture_again_changes_nothing(evidence: Evidence, tenant: str) -> None:
    evidence.keep(tenant, "s-1", ONE)
    evidence.keep(tenant, "s-1", ONE)

    assert kept(evidence, tenant) == [ONE.name]


def test_a_session_without_pictures_has_none(evidence: Evidence, tenant: str) -> None:
    assert kept(evidence, tenant) == []


def test_each_session_has_its_own_pictures(evidence: Evidence, tenant: str) -> None:
    places = [(tenant, "s-1"), (tenant, "s-10"), (f"{tenant}x", "s-1")]
    for place, picture in zip(places, (ONE, TWO, THREE), strict=True):
        evidence.keep(*place, picture)

    assert [kept(evidence, *place) for place in places] == [[ONE.name], [TWO.name], [THREE.name]]


def test_dropped_pictures_are_gone_and_counted_and_the_others_stay(evidence: Evidence, tenant: str) -> None:
    for picture in (ONE, TWO, THREE):
        evidence.keep(tenant, "s-1", picture)
    evidence.keep(tenant, "s-10", ONE)

    assert evidence.drop(tenant, "s-1", {ONE.name, THREE.name}) == 2
    assert (kept(evidence, tenant), kept(evidence, tenant, "s-10")) == ([TWO.name], [ONE.name])


def test_dropping_nothing_drops_nothing(evidence: Evidence, tenant: str) -> None:
    evidence.keep(tenant, "s-1", ONE)

    assert (evidence.drop(tenant, "s-1", set()), kept(evidence, tenant)) == (0, [ONE.name])


def test_dropping_what_is_gone_is_no_error(evidence: Evidence, tenant: str) -> None:
    evidence.keep(tenant, "s-1", ONE)
    evidence.drop(tenant, "s-1", [ONE.name])

    evidence.drop(tenant, "s-1", [ONE.name])

    assert kept(evidence, tenant) == []


def test_more_pictures_than_one_call_takes_are_listed_and_dropped(evidence: Evidence, tenant: str) -> None:
    names = [f"{number:032x}" for number in range(1_001)]
    for name in names:
        evidence.keep(tenant, "s-1", replace(ONE, name=name))
    before = kept(evidence, tenant)

    dropped = evidence.drop(tenant, "s-1", names)

    assert (before, dropped, kept(evidence, tenant)) == (names, 1_001, [])


def test_a_link_leads_to_the_picture_and_to_no_other(evidence: Evidence, tenant: str) -> None:
    links = {
        evidence.link(*place)
        for place in ((tenant, "s-1", ONE.name), (tenant, "s-1", TWO.name), (tenant, "s-2", ONE.name))
    }

    assert len(links) == 3
    assert all(urlsplit(link).scheme == "https" for link in links)
    assert unquote(urlsplit(evidence.link(tenant, "s-1", ONE.name)).path).endswith(f"{tenant}/s-1/{ONE.name}")


def test_the_same_picture_gets_the_same_link(evidence: Evidence, tenant: str) -> None:
    assert evidence.link(tenant, "s-1", ONE.name) == evidence.link(tenant, "s-1", ONE.name)


def test_a_link_is_made_without_asking_whether_there_is_a_picture(evidence: Evidence, tenant: str) -> None:
    assert evidence.link(tenant, "never", Picture(b"", "image/png", ONE.view, "f" * 32).name)
