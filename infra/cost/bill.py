"""The bill: quantities times prices, for an hour, a session, a day and a million sessions."""

from collections.abc import Mapping
from dataclasses import dataclass

from infra.cost import quantities
from infra.cost.measured import Measured
from infra.cost.prices import Prices
from infra.cost.profile import Profile
from infra.cost.quantities import DAYS_A_MONTH

MILLION = 1_000_000
COLUMNS = ("hour", "session", "day", "million")
"""An hour and a session cost what they add to a small month: the first tiers. A day is one of a month of such
days, at that month's tiers, with a day's share of what stands; a million sessions are one month's."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the price list: units and USD by column."""

    name: str
    service: str
    what: str
    unit: str
    units: Mapping[str, float]
    usd: Mapping[str, float]
    standing: float = 0.0
    """Of the units of a month, those that are used whoever comes."""


@dataclass(frozen=True, slots=True)
class Bill:
    """All lines that are used."""

    lines: tuple[Line, ...]
    session: quantities.Session

    def total(self, column: str, service: str | None = None) -> float:
        """USD, of one service or of all."""
        return sum(line.usd[column] for line in self.lines if service in (None, line.service))

    def share(self, service: str, column: str = "hour") -> float:
        """The part of the total that is this service's."""
        return self.total(column, service) / self.total(column)

    @property
    def services(self) -> tuple[str, ...]:
        """In the order of the list."""
        return tuple(dict.fromkeys(line.service for line in self.lines))


def bill(profile: Profile, measured: Measured, prices: Prices) -> Bill:
    """What sessions of this profile cost."""
    session, standing = quantities.session(profile, measured), quantities.standing(profile)
    lines = []
    for name, price in prices.by_name.items():
        each, month = session.units.get(name, 0.0), standing.get(name, 0.0)
        if not each and not month:
            continue
        a_day = profile.sessions_per_day * each
        units = {
            "hour": each / profile.minutes * 60,
            "session": each,
            "day": a_day + month / DAYS_A_MONTH,
            "million": each * MILLION + month,
        }
        usd = {
            "hour": price.first * units["hour"],
            "session": price.first * units["session"],
            "day": price.of(units["day"] * DAYS_A_MONTH) / DAYS_A_MONTH,
            "million": price.of(units["million"]),
        }
        lines.append(Line(name, price.service, price.what, price.unit, units, usd, month))
    return Bill(tuple(lines), session)
