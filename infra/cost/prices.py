"""The price table: list prices with their tiers, date and sources, in `prices.json`."""

import json
import math
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "prices.json"


@dataclass(frozen=True, slots=True)
class Tier:
    """A price that holds up to so many units of a month, those of the tiers before it included."""

    up_to: float
    usd: float


@dataclass(frozen=True, slots=True)
class Price:
    """One line of AWS's list. `usd` of its tiers is for `per` units."""

    name: str
    service: str
    what: str
    unit: str
    per: float
    tiers: tuple[Tier, ...]
    source: str

    def of(self, units: float) -> float:
        """What so many units of one month cost, tier by tier."""
        ends = [0.0, *(tier.up_to for tier in self.tiers)]
        parts = (
            max(0.0, min(units, end) - start) * tier.usd
            for (start, end), tier in zip(pairwise(ends), self.tiers, strict=True)
        )
        return sum(parts) / self.per

    @property
    def first(self) -> float:
        """A unit's price where little is used: of the first tier that costs anything."""
        return next((tier.usd for tier in self.tiers if tier.usd), 0.0) / self.per


@dataclass(frozen=True, slots=True)
class Prices:
    """All of them, of one region at one date."""

    as_of: str
    region: str
    note: str
    by_name: dict[str, Price]


@cache
def prices() -> Prices:
    """The committed table."""
    table: dict[str, Any] = json.loads(TABLE.read_text())
    return Prices(
        table["as_of"], table["region"], table["note"], {row["name"]: _price(row) for row in table["prices"]}
    )


def _price(row: dict[str, Any]) -> Price:
    tiers = tuple(
        Tier(math.inf if tier["up_to"] is None else tier["up_to"], tier["usd"]) for tier in row["tiers"]
    )
    return Price(**{**row, "tiers": tiers})
