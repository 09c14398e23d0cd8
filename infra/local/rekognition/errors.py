"""The emulator's one error: a refusal, with the code and the status that Rekognition gives it.

Codes are those of the service model, `SerializationException` and `UnknownOperationException` those of
AWS JSON 1.1. AWS documents 500 for the two that are the service's own fault and 400 for all others.
"""

from enum import StrEnum


class Code(StrEnum):
    """What `__type` says."""

    ACCESS_DENIED = "AccessDeniedException"
    IMAGE_TOO_LARGE = "ImageTooLargeException"
    INTERNAL = "InternalServerError"
    INVALID_IMAGE_FORMAT = "InvalidImageFormatException"
    INVALID_PAGINATION_TOKEN = "InvalidPaginationTokenException"  # noqa: S105 - a code, no secret
    INVALID_PARAMETER = "InvalidParameterException"
    INVALID_S3_OBJECT = "InvalidS3ObjectException"
    RESOURCE_ALREADY_EXISTS = "ResourceAlreadyExistsException"
    RESOURCE_NOT_FOUND = "ResourceNotFoundException"
    SESSION_NOT_FOUND = "SessionNotFoundException"
    SERIALIZATION = "SerializationException"
    THROTTLING = "ThrottlingException"
    THROUGHPUT_EXCEEDED = "ProvisionedThroughputExceededException"
    UNKNOWN_OPERATION = "UnknownOperationException"


class Refused(Exception):
    """A call that gets no answer."""

    def __init__(self, code: Code, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message

    @property
    def status(self) -> int:
        """The HTTP status."""
        return 500 if self.code in (Code.INTERNAL, Code.THROTTLING) else 400
