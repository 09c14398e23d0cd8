"""Objects come from an ONNX model that the operator names; here one that always sees the same."""

import struct
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rekognition.emulator import Emulator, interpreter

SIDE = 64
NAMES = {0: "person", 1: "cell phone", 2: "zebra"}
# Two boxes on one phone, one on another, a zebra too faint to count.
ROWS: list[tuple[float, ...]] = [
    (32.0, 32.0, 16.0, 8.0, 0.01, 0.90, 0.0),
    (33.0, 32.0, 16.0, 8.0, 0.01, 0.60, 0.0),
    (8.0, 24.0, 8.0, 8.0, 0.01, 0.70, 0.0),
    (50.0, 30.0, 8.0, 8.0, 0.01, 0.0, 0.10),
]


@pytest.fixture(scope="module")
def seeing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    probe = subprocess.run([interpreter(), "-c", "import onnxruntime"], capture_output=True, check=False)
    if probe.returncode:
        pytest.skip(f"{interpreter()} has no onnxruntime")
    model = tmp_path_factory.mktemp("models") / "objects.onnx"
    model.write_bytes(_model(NAMES, ROWS))
    running = Emulator("--engine", "haar", "--labels-model", str(model))
    yield running
    running.stop()


def test_a_class_becomes_rekognitions_label_with_an_instance_for_each_object(
    seeing: Emulator, grey: bytes
) -> None:
    (phone,) = seeing.client().detect_labels(Image={"Bytes": grey})["Labels"]

    assert phone["Name"] == "Mobile Phone"
    assert phone["Confidence"] == pytest.approx(90, abs=0.01)
    assert {parent["Name"] for parent in phone["Parents"]} == {"Electronics", "Phone"}
    assert len(phone["Instances"]) == 2


def test_boxes_are_ratios_of_the_picture_not_of_the_models_square(seeing: Emulator, grey: bytes) -> None:
    (phone,) = seeing.client().detect_labels(Image={"Bytes": grey})["Labels"]
    box = phone["Instances"][0]["BoundingBox"]

    # 640 x 480 is fitted into 64 x 64 at a tenth of its size, with 8 grey rows above.
    assert [box["Left"], box["Width"]] == pytest.approx([0.375, 0.25])
    assert [box["Top"], box["Height"]] == pytest.approx([(28 - 8) / 48, 8 / 48], abs=1e-5)


def test_a_model_that_is_not_there_is_said_at_start(tmp_path: Path) -> None:
    command = [interpreter(), "-m", "infra.local.rekognition", "--port", "0", "--engine", "haar"]
    done = subprocess.run(
        [*command, "--labels-model", str(tmp_path / "none.onnx")],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("rekognition: ")


def _model(names: dict[int, str], rows: list[tuple[float, ...]]) -> bytes:
    """The smallest ONNX file that answers a constant, field by field, for want of the onnx package."""
    columns = list(zip(*rows, strict=True))
    numbers = struct.pack(
        f"<{len(rows) * len(columns)}f", *(number for column in columns for number in column)
    )
    shape = (1, len(columns), len(rows))
    tensor = b"".join(_number(1, side) for side in shape) + _number(2, 1) + _bytes(9, numbers)
    value = _bytes(1, b"value") + _bytes(5, tensor) + _number(20, 4)
    node = _bytes(2, b"output0") + _bytes(4, b"Constant") + _bytes(5, value)
    graph = _bytes(1, node) + _bytes(2, b"objects")
    graph += _bytes(11, _tensor_type(b"images", (1, 3, SIDE, SIDE))) + _bytes(
        12, _tensor_type(b"output0", shape)
    )
    metadata = _bytes(1, b"names") + _bytes(2, str(names).encode())
    return _number(1, 8) + _bytes(7, graph) + _bytes(8, _number(2, 13)) + _bytes(14, metadata)


def _tensor_type(name: bytes, shape: tuple[int, ...]) -> bytes:
    sides = b"".join(_bytes(1, _number(1, side)) for side in shape)
    return _bytes(1, name) + _bytes(2, _bytes(1, _number(1, 1) + _bytes(2, sides)))


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _bytes(field: int, value: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(value)) + value


def _varint(value: int) -> bytes:
    encoded = bytearray()
    while value > 0x7F:
        encoded.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*encoded, value])
