"""The user pool of a stage: people and their passwords."""

from collections.abc import Iterator
from dataclasses import dataclass

from infra.deploy.account import Account
from infra.deploy.stage import APP, Stage

_MOST_ON_A_PAGE = 60


@dataclass(frozen=True, slots=True)
class UserPools:
    """Finds it by its tags: any pool may have its name."""

    account: Account
    stage: Stage

    def find(self) -> Iterator[tuple[str, int]]:
        """The id and about how many people, of each that the stage's stack has made."""
        client = self.account.client("cognito-idp")
        for page in self.account.pages(client, "list_user_pools", MaxResults=_MOST_ON_A_PAGE):
            for listed in page["UserPools"]:
                if listed["Name"] != self.stage.stack:
                    continue
                pool = client.describe_user_pool(UserPoolId=listed["Id"])["UserPool"]
                if pool.get("UserPoolTags", {}).items() >= {"app": APP, "stage": self.stage.name}.items():
                    yield listed["Id"], pool["EstimatedNumberOfUsers"]

    def delete(self) -> None:
        """Delete it with everybody in it. Nothing, if it is gone."""
        for pool_id, _ in list(self.find()):
            self.account.client("cognito-idp").delete_user_pool(UserPoolId=pool_id)
