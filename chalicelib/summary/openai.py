"""The report in words, by OpenAI: one question with figures only, and an answer that is checked.

Nothing that a client or a picture wrote leaves the service: `figures` picks numbers, and words of our own.
Nothing that OpenAI wrote reaches the report unchecked: `_read` refuses an answer of another shape or length,
an accusation, and any number that was not among the figures. Whatever fails, the words are those of the
rules, with a note that says why.
"""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from chalicelib.domain.errors import UpstreamDown
from chalicelib.domain.report import Report, Summary
from chalicelib.summary import rules
from chalicelib.telemetry import logger

if TYPE_CHECKING:
    from openai.types.chat.completion_create_params import ResponseFormat

MOST_TEXT, MOST_HIGHLIGHT = 1200, 200
"""Characters of the text, and of one highlight."""
MOST_HIGHLIGHTS = 8

_INSTRUCTION = f"""\
You summarise one proctored session for the person who will decide about it.
The user's message is JSON with the session's figures. They are facts, and they are all you know.
- Write "text": two to five plain and fair sentences, and "highlights": two to six short lines. In English.
- Repeat figures in digits as they stand there. Add, compute, estimate or compare none.
- Say how much was seen, what was not seen, and which alerts there were, the gravest first.
- Describe only what the camera recorded. Never accuse, and never guess at intentions, feelings, character or
  ability; people look away and leave their seat for many good reasons. Never advise a decision.
- End the text by saying that {rules.PERSON_DECIDES}.
"""

_SHAPE: "ResponseFormat" = {
    "type": "json_schema",
    "json_schema": {
        "name": "summary",
        "strict": True,
        "schema": {
            "type": "object",
            "properties": {
                "text": {"type": "string"},
                "highlights": {"type": "array", "items": {"type": "string"}},
            },
            "required": ["text", "highlights"],
            "additionalProperties": False,
        },
    },
}
_MOST_TOKENS = 1500
_NUMBER = re.compile(r"\d+(?:,\d{3})*(?:\.\d+)?")
_ACCUSING = re.compile(
    r"\b(cheat|fraud|guilt|dishonest|suspicio|misconduct|l[iy]ar|lying|deceiv|decepti)", re.IGNORECASE
)


class OpenAI:
    """Asks OpenAI, once. The openai package is imported when there is a key, not before.

    `key` gives the API key or None and may raise UpstreamDown; `timeout_s` bounds the whole exchange, however
    slowly the answer drips; `base_url` is by default that of the environment's OPENAI_BASE_URL, or OpenAI's.
    """

    def __init__(
        self, key: Callable[[], str | None], *, model: str, timeout_s: float, base_url: str | None = None
    ) -> None:
        self._key = key
        self._model = model
        self._timeout_s = timeout_s
        self._base_url = base_url

    def summarize(self, report: Report) -> Summary:
        """The words, whose `source` says whose they are and whose `note` why they are not OpenAI's."""
        try:
            key = self._key()
        except UpstreamDown:
            return _by_rules(report, "The key for OpenAI could not be read")
        if not key:
            return rules.summarize(report)
        sent = json.dumps(figures(report))
        try:
            return _read(self._answer(key, sent), sent)
        except _Unusable as exc:
            return _by_rules(report, str(exc))

    def _answer(self, key: str, sent: str) -> bytes:
        import openai  # noqa: PLC0415 - takes a second to load, so only where it is used

        reasons: dict[type[Exception], str] = {
            TimeoutError: "OpenAI did not answer in time",
            openai.APITimeoutError: "OpenAI did not answer in time",
            openai.AuthenticationError: "OpenAI did not accept the key",
            openai.PermissionDeniedError: "OpenAI did not accept the key",
            openai.RateLimitError: "OpenAI takes no more requests for now",
            openai.APIStatusError: "OpenAI answered with an error",
            openai.APIConnectionError: "OpenAI could not be reached",
        }
        try:
            return _run(self._ask(key, sent))
        except (openai.OpenAIError, TimeoutError, ValueError) as exc:
            # ValueError: a key or an address that HTTP cannot carry.
            why = next(
                (why for kind, why in reasons.items() if isinstance(exc, kind)), "OpenAI could not be asked"
            )
            raise _Unusable(why) from exc

    async def _ask(self, key: str, sent: str) -> bytes:
        import openai  # noqa: PLC0415 - the same

        # The library's timeouts hold for each read, this one for all of it. A redirect is a second request.
        async with (
            asyncio.timeout(self._timeout_s),
            openai.AsyncOpenAI(
                api_key=key,
                base_url=self._base_url,
                max_retries=0,
                http_client=openai.DefaultAsyncHttpxClient(follow_redirects=False),
            ) as client,
        ):
            reply = await client.chat.completions.with_raw_response.create(
                model=self._model,
                messages=[{"role": "system", "content": _INSTRUCTION}, {"role": "user", "content": sent}],
                response_format=_SHAPE,
                max_completion_tokens=_MOST_TOKENS,
                store=False,
            )
            return reply.content


def figures(report: Report) -> dict[str, object]:
    """All that OpenAI is told: numbers, times, and words that stand in this service's own source."""
    seen, metrics = report.coverage, report.metrics
    averages = {"eye_contact": metrics.avg_eye_contact, "posture": metrics.avg_posture}
    if report.policy.emotions:
        averages["engagement"] = metrics.avg_engagement
    return {
        "session_length": rules.spoken(report.session_duration),
        "frames": {
            "received": seen.received,
            "analysed": seen.analysed,
            "analysed_only_in_part": seen.partly_analysed,
            "not_analysed": seen.unanalysed,
        },
        "gaps_without_frames": {
            "count": seen.gaps.count,
            "in_all": rules.spoken(seen.gaps.seconds),
            "longest": rules.spoken(seen.gaps.longest),
        },
        "not_looked_for": rules.not_looked_for(report),
        "averages_of_100": {name: round(mean) for name, mean in averages.items() if mean is not None},
        "alerts": {
            "count": report.alert_count,
            "by_kind_gravest_first": [_told(each) for each in rules.episodes(report)],
        },
        "integrity_score_of_100": report.integrity.score,
        "score_suggests": rules.suggests(report.integrity),
    }


class _Unusable(Exception):
    """There is no answer to show; its text says why, in our words."""


def _by_rules(report: Report, why: str) -> Summary:
    logger.warning("summary_by_rules", reason=why)
    return replace(rules.summarize(report), note=f"{why}, so these words were made by fixed rules.")


def _told(each: rules.Episodes) -> dict[str, object]:
    return {
        "what": rules.seen_as(each.type),
        "severity": each.severity.value,
        "times": each.count,
        "in_all": rules.spoken(each.seconds),
        "these_are_lower_bounds": each.at_least,
    }


def _run(work: Coroutine[Any, Any, bytes]) -> bytes:
    # Cancelling is the one stop that leaves neither a thread nor a connection behind. Not asyncio.run: at its
    # end it waits for a name lookup that hangs.
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(work)
    finally:
        loop.run_until_complete(loop.shutdown_asyncgens())
        loop.close()


def _read(body: bytes, sent: str) -> Summary:
    match _json(body):
        case {"choices": [{"message": {"refusal": str() as refusal}}]} if refusal:
            raise _Unusable("OpenAI declined to answer")
        case {"choices": [{"finish_reason": "stop", "message": {"content": str() as content}}]}:
            return _checked(*_words(content), sent=sent)
        case _:
            raise _Unusable("OpenAI's answer was incomplete")


def _words(content: str) -> tuple[str, tuple[str, ...]]:
    match _json(content):
        case {"text": str() as text, "highlights": list() as lines, **more} if not more:
            if all(isinstance(line, str) for line in lines):
                return _one_line(text), tuple(map(_one_line, lines))
    raise _Unusable("OpenAI's answer did not have the shape that was asked for")


def _checked(text: str, highlights: tuple[str, ...], *, sent: str) -> Summary:
    lengths_fit = (
        0 < len(text) <= MOST_TEXT
        and 0 < len(highlights) <= MOST_HIGHLIGHTS
        and all(0 < len(line) <= MOST_HIGHLIGHT for line in highlights)
    )
    if not lengths_fit:
        raise _Unusable("OpenAI's answer was empty or too long")
    said = "\n".join((text, *highlights))
    if not all(line.isprintable() for line in (text, *highlights)) or _ACCUSING.search(said):
        raise _Unusable("OpenAI's answer was not worded as a report may be")
    if not _numbers(said) <= _known(sent):
        raise _Unusable("OpenAI's answer named a number that is not in the report")
    if rules.PERSON_DECIDES not in text.casefold():
        text = f"{text} What it means, {rules.PERSON_DECIDES}."
    return Summary("openai", text, highlights)


def _known(sent: str) -> set[float]:
    exact = _numbers(sent)
    return exact | {float(round(number)) for number in exact}


def _numbers(words: str) -> set[float]:
    return {float(number.replace(",", "")) for number in _NUMBER.findall(words)}


def _one_line(words: str) -> str:
    return " ".join(words.split())


def _json(encoded: str | bytes) -> object:
    try:
        return json.loads(encoded)
    except (ValueError, RecursionError) as exc:
        raise _Unusable("OpenAI's answer could not be read") from exc
