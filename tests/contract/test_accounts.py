"""What every pool of accounts promises: the one in memory and Cognito.

moto's Cognito mails nothing, and every code that would be mailed is the same; infra/local/cognito.py makes it
refuse what AWS refuses.
"""

from typing import TYPE_CHECKING

import pytest

from chalicelib.aws.accounts import Accounts as CognitoAccounts
from chalicelib.domain.errors import BadCode, BadInput, NotConfirmed, PersonExists, Unauthorized
from chalicelib.domain.people import PersonRole
from chalicelib.flows.ports import Accounts
from infra.local.cognito import CODE
from tests import fake_people
from tests.fake_people import FakeAccounts

if TYPE_CHECKING:
    from tests.contract.cloud import Cloud

EMAIL, PASSWORD, OTHER = "ada@example.com", "Correct1horse", "Battery2staple"


@pytest.fixture(params=["in memory", "in Cognito"])
def accounts(request: pytest.FixtureRequest) -> Accounts:
    if request.param == "in memory":
        return FakeAccounts()
    cloud: Cloud = request.getfixturevalue("cloud")
    settings = cloud.settings
    return CognitoAccounts(cloud.client("cognito-idp"), settings.user_pool_id, settings.user_pool_client_id)


@pytest.fixture
def ada(tenant: str) -> str:
    """The id of somebody whom no other test knows."""
    return tenant


def confirmed(accounts: Accounts, ada: str) -> None:
    accounts.sign_up(ada, EMAIL, PASSWORD)
    accounts.confirm(ada, CODE)


def test_both_pools_mail_the_same_code() -> None:
    assert fake_people.CODE == CODE


def test_who_signed_up_and_confirmed_logs_in(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)

    first, second = accounts.log_in(ada, PASSWORD), accounts.log_in(ada, PASSWORD)

    assert first.subject == second.subject != ""
    assert first.refresh_token
    assert (first.expires_in_s, first.access_token != second.access_token) == (3600, True)


def test_a_second_account_of_a_name_is_refused_and_changes_nothing(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)

    with pytest.raises(PersonExists):
        accounts.sign_up(ada, "eve@example.com", OTHER)

    assert accounts.log_in(ada, PASSWORD)


def test_a_weak_password_makes_no_account(accounts: Accounts, ada: str) -> None:
    with pytest.raises(BadInput):
        accounts.sign_up(ada, EMAIL, "short")

    accounts.sign_up(ada, EMAIL, PASSWORD)


def test_who_has_not_confirmed_is_told_so_only_with_the_right_password(accounts: Accounts, ada: str) -> None:
    accounts.sign_up(ada, EMAIL, PASSWORD)

    with pytest.raises(NotConfirmed):
        accounts.log_in(ada, PASSWORD)
    with pytest.raises(Unauthorized):
        accounts.log_in(ada, OTHER)


def test_a_wrong_password_and_nobody_are_refused_alike(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)
    refusals = []
    for person_id, password in ((ada, OTHER), (f"{ada}-2", PASSWORD)):
        with pytest.raises(Unauthorized) as refused:
            accounts.log_in(person_id, password)
        refusals.append(str(refused.value))

    assert len(set(refusals)) == 1


def test_a_wrong_code_and_a_used_one_and_nobodys_are_refused_alike(accounts: Accounts, ada: str) -> None:
    accounts.sign_up(ada, EMAIL, PASSWORD)
    refusals = []
    for person_id, code in ((ada, "000000"), (f"{ada}-2", CODE)):
        with pytest.raises(BadCode) as refused:
            accounts.confirm(person_id, code)
        refusals.append(str(refused.value))
    accounts.confirm(ada, CODE)
    with pytest.raises(BadCode) as refused:
        accounts.confirm(ada, CODE)

    assert {*refusals, str(refused.value)} == {refusals[0]}


def test_another_code_is_sent_only_to_who_has_not_confirmed(accounts: Accounts, ada: str) -> None:
    accounts.sign_up(ada, EMAIL, PASSWORD)

    assert accounts.resend(ada)

    accounts.confirm(ada, CODE)
    assert not accounts.resend(ada)


def test_a_refresh_token_brings_another_access_token_of_the_same_account(
    accounts: Accounts, ada: str
) -> None:
    confirmed(accounts, ada)
    login = accounts.log_in(ada, PASSWORD)

    again = accounts.refresh(login.refresh_token or "")

    assert (again.subject, again.refresh_token) == (login.subject, None)


def test_what_is_no_refresh_token_is_refused(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)

    with pytest.raises(Unauthorized):
        accounts.refresh("eyJ.a.b.c.d")


def test_who_is_signed_out_everywhere_refreshes_nothing_and_may_log_in(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)
    tokens = [accounts.log_in(ada, PASSWORD).refresh_token or "" for _ in range(2)]

    for _ in range(2):
        accounts.sign_out_everywhere(ada)

    for token in tokens:
        with pytest.raises(Unauthorized):
            accounts.refresh(token)
    assert accounts.log_in(ada, PASSWORD)


def test_a_code_sets_another_password_once(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)
    accounts.start_reset(ada)

    accounts.finish_reset(ada, CODE, OTHER)

    assert accounts.log_in(ada, OTHER)
    with pytest.raises(Unauthorized):
        accounts.log_in(ada, PASSWORD)
    with pytest.raises(BadCode):
        accounts.finish_reset(ada, CODE, PASSWORD)


def test_a_wrong_code_and_nobodys_set_no_password_and_are_refused_alike(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)
    refusals = []
    for person_id, code in ((ada, "000000"), (f"{ada}-2", CODE)):
        accounts.start_reset(person_id)
        with pytest.raises(BadCode) as refused:
            accounts.finish_reset(person_id, code, OTHER)
        refusals.append(str(refused.value))

    assert len(set(refusals)) == 1
    assert accounts.log_in(ada, PASSWORD)


def test_who_has_not_confirmed_resets_nothing(accounts: Accounts, ada: str) -> None:
    accounts.sign_up(ada, EMAIL, PASSWORD)
    accounts.start_reset(ada)

    with pytest.raises(BadCode):
        accounts.finish_reset(ada, CODE, OTHER)


def test_groups_take_who_has_an_account_and_pass_over_others(accounts: Accounts, ada: str) -> None:
    accounts.put_in_group(ada, PersonRole.PROCTOR)
    accounts.sign_up(ada, EMAIL, PASSWORD)

    for _ in range(2):
        accounts.put_in_group(ada, PersonRole.CANDIDATE)
        accounts.put_in_group(ada, PersonRole.ADMIN, before=PersonRole.CANDIDATE)


def test_a_deleted_account_is_gone_with_its_tokens_and_may_be_made_anew(accounts: Accounts, ada: str) -> None:
    confirmed(accounts, ada)
    login = accounts.log_in(ada, PASSWORD)

    for _ in range(2):
        accounts.delete(ada)

    with pytest.raises(Unauthorized):
        accounts.log_in(ada, PASSWORD)
    with pytest.raises(Unauthorized):
        accounts.refresh(login.refresh_token or "")
    confirmed(accounts, ada)
    assert accounts.log_in(ada, PASSWORD).subject != login.subject


def test_the_pools_groups_say_the_role(cloud: "Cloud", ada: str) -> None:
    """The fake's groups are nobody's to read."""
    client, pool_id = cloud.client("cognito-idp"), cloud.settings.user_pool_id
    accounts = CognitoAccounts(client, pool_id, cloud.settings.user_pool_client_id)
    accounts.sign_up(ada, EMAIL, PASSWORD)

    accounts.put_in_group(ada, PersonRole.CANDIDATE)
    accounts.put_in_group(ada, PersonRole.ADMIN, before=PersonRole.CANDIDATE)

    groups = client.admin_list_groups_for_user(UserPoolId=pool_id, Username=ada)["Groups"]
    assert [group["GroupName"] for group in groups] == ["admin"]
