"""Staged pictures: a JPEG that carries what Rekognition shall answer for it, as test cards do for payments.

The script travels as JSON in the JPEG's comment (COM) segments. A staged picture answers exactly what its
script says, and no engine looks at its pixels: parts that the script leaves out are empty. Decoders ignore
comments, so the picture looks as it did. Standard library only.

    picture = stage(jpeg, {"faces": [face(yaw_deg=40)], "labels": [label("Mobile Phone", 93.0)]})
"""

import json
from collections.abc import Iterator, Sequence
from typing import Unpack, cast

from infra.local.rekognition.script import FaceScript, LabelScript, LineScript, Script, read_script

_MARK = b"rekognition-script:"
_SOI, _COM, _SOS, _APPS = 0xD8, 0xFE, 0xDA, range(0xE0, 0xF0)
_STANDALONE = {0x01, *range(0xD0, 0xD8)}
_MAX_PAYLOAD = 0xFFFF - 2 - len(_MARK)


def stage(jpeg: bytes, script: Script) -> bytes:
    """Write the script into the picture, in place of an earlier one.

    Raises `ScriptInvalid` for a script that could not be played and ValueError for what is no JPEG.
    """
    read_script(script)
    text = json.dumps(script, separators=(",", ":"), allow_nan=False).encode()
    comments = b"".join(
        _segment(_COM, _MARK + text[at : at + _MAX_PAYLOAD]) for at in range(0, len(text), _MAX_PAYLOAD)
    )
    bare = unstaged(jpeg)
    at = _after_application_segments(bare)
    return bare[:at] + comments + bare[at:]


def staged(jpeg: bytes) -> Script | None:
    """Read the script that the picture carries, or None. Raises ValueError where it is broken."""
    # Most pictures carry none, and looking for the mark costs less than walking the segments.
    if _MARK not in jpeg:
        return None
    parts = [payload[len(_MARK) :] for _, _, payload in _scripts(jpeg)]
    return cast("Script", json.loads(b"".join(parts))) if parts else None


def unstaged(jpeg: bytes) -> bytes:
    """Take the script out of the picture."""
    kept, at = [], 0
    for start, end, _ in _scripts(jpeg):
        kept.append(jpeg[at:start])
        at = end
    return b"".join([*kept, jpeg[at:]])


def face(**given: Unpack[FaceScript]) -> FaceScript:
    """Script a face; what is not given is that of a calm person who looks into the camera.

    `person` names who it is: faces of one name are alike for CompareFaces and for the searches. Faces
    without a `box` are set side by side.
    """
    return given


def label(
    name: str,
    confidence: float = 99.0,
    *,
    parents: Sequence[str] = (),
    aliases: Sequence[str] = (),
    categories: Sequence[str] = (),
    boxes: Sequence[Sequence[float]] = (),
) -> LabelScript:
    """Script a label; `boxes` are its instances."""
    written: LabelScript = {"name": name, "confidence": confidence}
    if parents:
        written["parents"] = list(parents)
    if aliases:
        written["aliases"] = list(aliases)
    if categories:
        written["categories"] = list(categories)
    if boxes:
        written["boxes"] = [list(box) for box in boxes]
    return written


def line(text: str, confidence: float = 99.0, *, box: Sequence[float] | None = None) -> LineScript:
    """Script a line of text; its words are told apart by blanks."""
    written: LineScript = {"text": text, "confidence": confidence}
    return written if box is None else {**written, "box": box}


def _scripts(jpeg: bytes) -> Iterator[tuple[int, int, bytes]]:
    return (
        (start, end, payload)
        for marker, start, end, payload in _segments(jpeg)
        if marker == _COM and payload.startswith(_MARK)
    )


def _segments(jpeg: bytes) -> Iterator[tuple[int, int, int, bytes]]:
    """Marker, start, end and payload of every segment before the scan."""
    if jpeg[:2] != bytes([0xFF, _SOI]):
        raise ValueError("not a JPEG")
    at = 2
    while at + 4 <= len(jpeg) and jpeg[at] == 0xFF:  # noqa: PLR2004 - every marker starts with this byte
        marker = jpeg[at + 1]
        if marker == _SOS:
            return
        if marker in _STANDALONE:
            at += 2
            continue
        end = at + 2 + int.from_bytes(jpeg[at + 2 : at + 4])
        yield marker, at, end, jpeg[at + 4 : end]
        at = end


def _segment(marker: int, payload: bytes) -> bytes:
    return bytes([0xFF, marker]) + (len(payload) + 2).to_bytes(2) + payload


def _after_application_segments(jpeg: bytes) -> int:
    # JFIF and Exif readers expect their segments first.
    at = 2
    for marker, _, end, _ in _segments(jpeg):
        if marker not in _APPS:
            break
        at = end
    return at
