"""DetectLabels."""

from collections.abc import Mapping

from infra.local.rekognition.engine.quality import quality
from infra.local.rekognition.errors import Code, Refused
from infra.local.rekognition.operations.room import Parameters, Room, number, texts
from infra.local.rekognition.seen import Label
from infra.local.rekognition.shapes import Json, label_shape, percent

_MODEL_VERSION = "3.0"
_DEFAULT_CONFIDENCE = 55.0


def detect_labels(room: Room, parameters: Parameters) -> Json:
    """Detect objects, the surest first, as the filters of the request allow."""
    picture = room.picture(parameters)
    features = texts(parameters, "Features") or ["GENERAL_LABELS"]
    answer: Json = {"Labels": [], "LabelModelVersion": _MODEL_VERSION}
    if "GENERAL_LABELS" in features:
        least = number(parameters, "MinConfidence", _DEFAULT_CONFIDENCE)
        wanted = _wanted(parameters)
        found = [
            label
            for label in room.sight.labels(picture)
            if label.confidence >= least and wanted.allows(label)
        ]
        found.sort(key=lambda label: -label.confidence)
        most = int(number(parameters, "MaxLabels", len(found)))
        answer["Labels"] = [label_shape(label) for label in found[:most]]
    if "IMAGE_PROPERTIES" in features:
        # Colours are named by a vocabulary of Rekognition's own: what is not known is left out.
        measured = quality(room.sight.pixels(picture))
        answer["ImageProperties"] = {
            "Quality": {"Brightness": percent(measured.brightness), "Sharpness": percent(measured.sharpness)}
        }
    return answer


class _Wanted:
    """The inclusion and exclusion filters of a request."""

    def __init__(self, filters: Mapping[str, object]) -> None:
        self._names = set(texts(filters, "LabelInclusionFilters"))
        self._unnamed = set(texts(filters, "LabelExclusionFilters"))
        self._categories = set(texts(filters, "LabelCategoryInclusionFilters"))
        self._uncategories = set(texts(filters, "LabelCategoryExclusionFilters"))
        if (self._names & self._unnamed) or (self._categories & self._uncategories):
            raise Refused(
                Code.INVALID_PARAMETER, "Request has invalid parameters: a filter includes what it excludes."
            )

    def allows(self, label: Label) -> bool:
        """Decide whether the label passes: named or of a wanted category, and not excluded."""
        included = not (self._names or self._categories)
        included = included or label.name in self._names or bool(self._categories & set(label.categories))
        return included and label.name not in self._unnamed and not self._uncategories & set(label.categories)


def _wanted(parameters: Parameters) -> _Wanted:
    settings = parameters.get("Settings")
    general = settings.get("GeneralLabels") if isinstance(settings, Mapping) else None
    return _Wanted(general if isinstance(general, Mapping) else {})
