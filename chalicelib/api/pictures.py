"""Pictures in a request: as text in JSON, as files of a form, or as files of a ZIP archive in a form."""

import base64
import binascii

from chalicelib.api.archives import MOST_PICTURES, is_archive, pictures_in, shown
from chalicelib.api.bodies import FormFile, read_form
from chalicelib.api.endpoint import Call
from chalicelib.domain.errors import BadInput, BadPicture
from chalicelib.flows.learn_faces import Sent

MOST_PICTURE_BYTES = 5_242_880
"""What a picture may have; of larger ones no more is read."""


def decoded(text: str, what: str = "picture") -> bytes | BadPicture:
    """The picture of a data URL or bare base64, or what is wrong with it."""
    head, comma, rest = text.partition(",")
    if comma and not head.startswith("data:"):
        return BadPicture(f"The {what} is neither a data URL nor base64.")
    if comma and not head.endswith(";base64"):
        return BadPicture("The data URL must hold base64: data:image/jpeg;base64,…")
    try:
        return base64.b64decode((rest if comma else head).strip(), validate=True)
    except (binascii.Error, ValueError):
        return BadPicture(f"The {what} is not valid base64; encode the whole file without line breaks.")


def sent_picture(call: Call) -> tuple[bytes, dict[str, str]]:
    """The picture `image` of a JSON body, or of a form, and its fields. Raises BadInput, BodyTooLarge."""
    if call.body:
        picture = decoded(call.body.image)
        if isinstance(picture, BadPicture):
            raise picture
        return picture, {}
    fields, files = read_form(call.raw, call.request.headers.get("content-type", ""))
    if not files:
        raise BadInput("The form has no file `image`.", ({"loc": ["image"], "msg": "Field required"},))
    return files[0].content, fields


def from_texts(texts: list[str]) -> list[Sent]:
    """Each picture, or what is wrong with it."""
    pictures = map(decoded, texts)
    return [
        Sent(picture) if isinstance(picture, bytes) else Sent(b"", wrong=str(picture)) for picture in pictures
    ]


def from_files(files: list[FormFile]) -> list[Sent]:
    """The files of a form, and those of the archives among them. Raises BadInput, BodyTooLarge."""
    sent: list[Sent] = []
    for file in files:
        if is_archive(file.content):
            inside = pictures_in(file.content, most_bytes=MOST_PICTURE_BYTES)
            sent += [Sent(content, name) for name, content in inside]
        else:
            sent.append(Sent(file.content, shown(file.filename)))
        if len(sent) > MOST_PICTURES:
            raise BadInput(f"The request has more than {MOST_PICTURES} pictures; send them in parts.")
    return sent
