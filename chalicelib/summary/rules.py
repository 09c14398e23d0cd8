"""The report in words, by rules: plain sentences about what was seen, and about what was not.

The words say what the camera recorded and never why: what it means, a person decides. The figures behind the
words (`episodes`, `spoken`) serve the other summarizer too, so that both tell the same facts.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from chalicelib.domain.identity_told import IdentityTold
from chalicelib.domain.model import Severity
from chalicelib.domain.presence_told import Presence
from chalicelib.domain.report import Coverage, Integrity, Level, Report, Summary
from chalicelib.domain.rules import RULES

PERSON_DECIDES = "a person decides"

_GRAVEST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)
_FROM_EMOTIONS = frozenset({"low_engagement"})
_MOST_KINDS = 3
_PAIR = 2
_SECONDS_SAID_BELOW = 600

_SEEN_AS = {
    "no_face_detected": "the candidate's face was out of view",
    "multiple_faces_detected": "more than one face was in view",
    "looking_away": "the candidate looked away from the screen",
    "low_engagement": "the engagement figure was low",
    "suspicious_object": "an object that the session's policy lists was in view",
    "text_detected": "written text was in view",
    "camera_blocked": "the camera was covered or showed nothing",
    "low_light": "the picture was too dark to see much",
    "blurred": "the picture was too blurred to see much",
    "frozen_feed": "the camera's picture stood still",
    "looped_feed": "the camera's picture repeated itself",
    "flat_face": "the face moved as a picture does that is held up",
}

_SUGGESTS: dict[Level, str] = {
    "low": "no more than a routine look",
    "medium": "a look at the alerts",
    "high": "a close look at the alerts",
}


@dataclass(frozen=True, slots=True)
class Episodes:
    """All episodes of one alert type, with their time in all."""

    type: str
    severity: Severity
    count: int
    seconds: float
    at_least: bool = False
    """The report does not list all alerts, and there may be more of these."""


def summarize(report: Report) -> Summary:
    """A few sentences and a few highlights; the same for the same report."""
    noted = episodes(report)
    sentences = [
        _extent(report),
        _unseen(report.coverage),
        _noted(report, noted),
        _identity(report.identity),
        _presence(report.presence),
        _averages(report),
        _conclusion(report.integrity),
    ]
    return Summary("rules", " ".join(filter(None, sentences)), tuple(_highlights(report, noted)))


def episodes(report: Report) -> tuple[Episodes, ...]:
    """What the alerts add up to by type, the gravest first."""
    found: dict[str, Episodes] = {}
    for alert in report.alerts:
        first = Episodes(alert.type, alert.severity, count=0, seconds=0.0, at_least=report.alerts_omitted > 0)
        before = found.get(alert.type, first)
        found[alert.type] = replace(before, count=before.count + 1, seconds=before.seconds + alert.duration)
    if report.alerts_omitted:
        # The deductions count the episodes that are not listed, too, of each type that deducts.
        for each in report.integrity.deductions:
            found[each.type] = Episodes(each.type, RULES[each.type].severity, each.count, each.seconds)
    told = (each for each in found.values() if report.policy.emotions or each.type not in _FROM_EMOTIONS)
    return _gravest_first(told, {each.type: each.points for each in report.integrity.deductions})


def seen_as(alert_type: str) -> str:
    """An alert type in words, none of them from outside."""
    if alert_type in RULES:
        return _SEEN_AS.get(alert_type, f"the alert “{RULES[alert_type].message.rstrip('.')}” was open")
    return "something of another kind was noted"


def not_looked_for(report: Report) -> tuple[str, ...]:
    """What the session's policy switched off. Of emotions there is no word when they are off."""
    policy = report.policy
    switched_off = [
        name for name, on in (("objects", policy.labels), ("written text", policy.text)) if not on
    ]
    off = len(set(policy.alerts_off) - _FROM_EMOTIONS)
    return (*switched_off, _counted(off, "kind of alert", "kinds of alert")) if off else tuple(switched_off)


def suggests(integrity: Integrity) -> str:
    """What a level asks of the reader."""
    return _SUGGESTS[integrity.level] if integrity.level else "nothing"


def spoken(seconds: float) -> str:
    """A time as people say it: "2 minutes 5 seconds"; from ten minutes on, without the seconds."""
    whole = round(seconds)
    if whole < 1:
        return "less than a second"
    if whole >= _SECONDS_SAID_BELOW:
        whole = round(whole / 60) * 60
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    units = ((hours, "hour"), (minutes, "minute"), (rest, "second"))
    return " ".join(_counted(count, unit) for count, unit in units if count)


def _gravest_first(found: Iterable[Episodes], points: dict[str, float]) -> tuple[Episodes, ...]:
    def rank(each: Episodes) -> tuple[int, float, float, str]:
        return _GRAVEST_FIRST.index(each.severity), -points.get(each.type, 0.0), -each.seconds, each.type

    return tuple(sorted(found, key=rank))


def _extent(report: Report) -> str:
    length = spoken(report.session_duration)
    return f"The session lasted {length}; {_analysed(report.coverage)}."


def _analysed(coverage: Coverage) -> str:
    received, analysed = coverage.received, coverage.analysed
    if not received:
        return "no frame was received, so nothing is known of it"
    if received == analysed:
        return "its only frame was analysed" if received == 1 else f"all {received:,} frames were analysed"
    if not analysed:
        return f"{_counted(received, 'frame')} came, and none could be analysed"
    return f"{analysed:,} of {received:,} frames {'was' if analysed == 1 else 'were'} analysed"


def _unseen(coverage: Coverage) -> str:
    missed = list(_missed(coverage))
    if not missed:
        return ""
    return f"Not everything was seen: {_listed(missed)}; that counts neither for nor against the candidate."


def _missed(coverage: Coverage) -> Iterable[str]:
    if coverage.unanalysed and coverage.analysed:
        yield f"for {_counted(coverage.unanalysed, 'frame')} the analysis gave no answer"
    if coverage.partly_analysed:
        yield f"{_counted(coverage.partly_analysed, 'frame was', 'frames were')} analysed only in part"
    if coverage.gaps.count:
        yield f"no frame came for {_in_all(coverage.gaps.count, coverage.gaps.seconds, 'gap')}"


def _noted(report: Report, noted: tuple[Episodes, ...]) -> str:
    if not noted:
        return "No alert was raised on what was analysed." if report.coverage.analysed else ""
    named = noted[:_MOST_KINDS]
    told = [f"{seen_as(each.type)} {_how_often(each)}" for each in named]
    others = report.alert_count - sum(each.count for each in named)
    if others > 0:
        told.append(_counted(others, "more alert"))
    start = "These alerts were raised, the gravest first" if len(told) > 1 else "One kind of alert was raised"
    return f"{start}: {_listed(told, comma=';')}."


def _how_often(each: Episodes) -> str:
    length = "a moment" if each.seconds < 1 else spoken(each.seconds)
    if each.at_least:
        return f"at least {_times(each.count)}, for at least {length} in all"
    return f"once, for {length}" if each.count == 1 else f"{_times(each.count)}, for {length} in all"


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _identity(identity: IdentityTold | None) -> str:
    if identity is None or not identity.frames:
        return ""
    share = round(100 * identity.verified / identity.frames)
    return f"In {share}% of the frames it is verified that the person in view is who was named."


def _presence(presence: Presence | None) -> str:
    if presence is None:
        return ""
    outcomes = ((presence.passed, "passed"), (presence.failed, "not passed"), (presence.not_told, "not told"))
    told = [f"{_times(count)} it was {what}" for count, what in outcomes if count]
    asked = _times(len(presence.challenges))
    return f"The candidate was asked {asked} to show that somebody is there: {_listed(told)}."


def _averages(report: Report) -> str:
    metrics = report.metrics
    known = [("eye contact", metrics.avg_eye_contact)]
    if report.policy.emotions:
        known.append(("engagement", metrics.avg_engagement))
    told = [f"{name} was {mean:.0f} of 100" for name, mean in known if mean is not None]
    return f"On average, {_listed(told)}." if told else ""


def _conclusion(integrity: Integrity) -> str:
    if integrity.score is None:
        return (
            f"There is no integrity score, because nothing could be measured; {PERSON_DECIDES} what follows."
        )
    return (
        f"The integrity score is {integrity.score:g} of 100, which suggests {suggests(integrity)}; "
        f"{PERSON_DECIDES} what it means."
    )


def _highlights(report: Report, noted: tuple[Episodes, ...]) -> Iterable[str]:
    coverage = report.coverage
    yield f"Length: {spoken(report.session_duration)}"
    yield (
        f"Frames analysed: {coverage.analysed:,} of {coverage.received:,}"
        if coverage.received
        else "No frame was received"
    )
    if coverage.gaps.count:
        yield f"Without any frame: {_in_all(coverage.gaps.count, coverage.gaps.seconds, 'gap')}"
    off = not_looked_for(report)
    if off:
        yield f"Not looked for in this session: {_listed(list(off))}"
    for each in noted[:_MOST_KINDS]:
        what = seen_as(each.type)
        yield f"{what[0].upper()}{what[1:]}: {_how_often(each)}"
    score = report.integrity.score
    yield (
        "Integrity score: none, nothing could be measured"
        if score is None
        else f"Integrity score: {score:g} of 100"
    )


def _in_all(count: int, seconds: float, noun: str) -> str:
    return spoken(seconds) if count == 1 else f"{spoken(seconds)} in all, in {_counted(count, noun)}"


def _counted(count: int, one: str, many: str = "") -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _listed(parts: list[str], comma: str = ",") -> str:
    if len(parts) <= 1:
        return "".join(parts)
    last = " and " if len(parts) == _PAIR and comma == "," else f"{comma} and "
    return f"{f'{comma} '.join(parts[:-1])}{last}{parts[-1]}"
