"""Labels under Rekognition's names: what faces and text imply, and what an object model's classes are called.

Only what was seen gets a label. The names, parents, aliases and categories are those that DetectLabels uses.
"""

from dataclasses import replace

from infra.local.rekognition.seen import Box, Face, Label, Line

_PEOPLE = "Person Description"
_TECHNOLOGY = "Technology and Computing"
_HOME = "Home and Indoors"

_KNOWN = {
    "person": Label("Person", 0, aliases=("Human",), categories=(_PEOPLE,)),
    "cell phone": Label(
        "Mobile Phone", 0, ("Electronics", "Phone"), aliases=("Cell Phone",), categories=(_TECHNOLOGY,)
    ),
    "book": Label("Book", 0, ("Publication",), categories=("Education",)),
    "laptop": Label("Laptop", 0, ("Computer", "Electronics", "Pc"), categories=(_TECHNOLOGY,)),
    "tv": Label(
        "Monitor", 0, ("Computer Hardware", "Electronics", "Hardware", "Screen"), categories=(_TECHNOLOGY,)
    ),
    "keyboard": Label(
        "Computer Keyboard",
        0,
        ("Computer Hardware", "Electronics", "Hardware"),
        aliases=("Keyboard",),
        categories=(_TECHNOLOGY,),
    ),
    "mouse": Label("Mouse", 0, ("Computer Hardware", "Electronics", "Hardware"), categories=(_TECHNOLOGY,)),
    "remote": Label("Remote Control", 0, ("Electronics",), categories=(_TECHNOLOGY,)),
    "cup": Label("Cup", 0, categories=(_HOME,)),
    "bottle": Label("Bottle", 0, categories=(_HOME,)),
    "chair": Label("Chair", 0, ("Furniture",), categories=("Furniture and Furnishings",)),
}


def labels_of(
    *, faces: tuple[Face, ...], lines: tuple[Line, ...], objects: tuple[Label, ...] = ()
) -> tuple[Label, ...]:
    """Put labels to what was seen, the surest first."""
    found = {label.name: label for label in (*_of_faces(faces), *_of_text(lines))}
    for label in objects:
        found[label.name] = _surer(found.get(label.name), label)
    return tuple(sorted(found.values(), key=lambda label: -label.confidence))


def named(class_name: str, confidence: float, boxes: tuple[Box, ...]) -> Label:
    """Give an object model's class its Rekognition name; an unknown class keeps its own, capitalised."""
    known = _KNOWN.get(class_name.lower(), Label(class_name.title(), 0))
    return replace(known, confidence=confidence, boxes=boxes)


def _of_faces(faces: tuple[Face, ...]) -> tuple[Label, ...]:
    if not faces:
        return ()
    sure = max(face.confidence for face in faces)
    # A face has a person around it, but nobody measured how far: no instances, so no invented boxes.
    return (
        replace(_KNOWN["person"], confidence=sure),
        Label("Head", sure, ("Person",), categories=(_PEOPLE,)),
        Label("Face", sure, ("Head", "Person"), categories=(_PEOPLE,)),
    )


def _of_text(lines: tuple[Line, ...]) -> tuple[Label, ...]:
    if not lines:
        return ()
    return (Label("Text", max(line.confidence for line in lines), categories=("Text and Documents",)),)


def _surer(known: Label | None, label: Label) -> Label:
    if known is None or label.confidence >= known.confidence:
        return label
    return replace(known, boxes=label.boxes)
