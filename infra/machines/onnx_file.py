"""Finds the first difference between two ONNX files, and names the tensor.

An ONNX file is a Protocol Buffers message. This module reads the wire format itself, because the environments of this
project have no ONNX library for Python. It knows the fields that Evergreen writes, from onnx.proto3.
"""

import math
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

# Field numbers of onnx.proto3.
MODEL_GRAPH, MODEL_METADATA = 7, 14
GRAPH_NODE, GRAPH_INITIALIZER = 1, 5
NODE_NAME, NODE_OPERATOR, NODE_ATTRIBUTE = 3, 4, 5
ATTRIBUTE_NAME, ATTRIBUTE_FLOAT, ATTRIBUTE_FLOATS = 1, 2, 7
TENSOR_FLOATS, TENSOR_NAME, TENSOR_RAW = 4, 8, 9

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5


@dataclass(frozen=True)
class Difference:
    """The first place where two files differ. The index counts from 0."""

    tensor: str
    index: int
    first: str
    second: str

    def __str__(self) -> str:
        return f"{self.tensor}, index {self.index}: {self.first} and {self.second}"


def first_difference(first: bytes, second: bytes) -> Difference | None:
    """Compares two ONNX files. Returns None if their bytes are equal."""
    if first == second:
        return None
    for (name, values), (other, others) in zip_longest(_tensors(first), _tensors(second), fillvalue=("nothing", [])):
        if name != other:
            return Difference("names of the tensors", 0, name, other)
        for index, pair in enumerate(zip_longest(values, others)):
            if pair[0] != pair[1]:
                return Difference(name, index, *map(_text, pair))
    at = next((at for at, pair in enumerate(zip_longest(first, second)) if pair[0] != pair[1]), 0)
    return Difference("bytes of the file", at, str(first[at : at + 1]), str(second[at : at + 1]))


def _text(value: float | str | None) -> str:
    # 9 digits distinguish any two 32-bit numbers.
    return f"{value:.9g}" if isinstance(value, float) else str(value)[:80]


def _tensors(model: bytes) -> Iterator[tuple[str, list[Any]]]:
    """Yields the name and the values of each tensor, attribute and metadata property, in the order of the file."""
    for field, value in _fields(model):
        if field == MODEL_GRAPH:
            yield from _of_graph(value)
        elif field == MODEL_METADATA:
            entry = dict(_fields(value))
            yield f"metadata {_string(entry.get(1))}", [_string(entry.get(2))]


def _of_graph(graph: bytes) -> Iterator[tuple[str, list[Any]]]:
    for field, value in _fields(graph):
        if field == GRAPH_NODE:
            parts = list(_fields(value))
            node = dict(parts)
            name = _string(node.get(NODE_NAME)) or _string(node.get(NODE_OPERATOR))
            for attribute in (part for number, part in parts if number == NODE_ATTRIBUTE):
                yield _of_attribute(name, attribute)
        elif field == GRAPH_INITIALIZER:
            tensor = list(_fields(value))
            name = _string(dict(tensor).get(TENSOR_NAME))
            yield f"tensor {name}", _floats(tensor, (TENSOR_FLOATS, TENSOR_RAW))


def _of_attribute(node: str, attribute: bytes) -> tuple[str, list[Any]]:
    parts = list(_fields(attribute))
    name = f"{node}.{_string(dict(parts).get(ATTRIBUTE_NAME))}"
    floats = _floats(parts, (ATTRIBUTE_FLOAT, ATTRIBUTE_FLOATS))
    # What is no number is compared as it is written.
    return name, floats or [value for field, value in parts if field != ATTRIBUTE_NAME]


def _floats(parts: list[Any], fields: tuple[int, ...]) -> list[float]:
    content = b"".join(value for field, value in parts if field in fields)
    numbers = struct.unpack(f"<{len(content) // 4}f", content[: len(content) // 4 * 4])
    # Infinity and NaN must be comparable, too.
    return [number if math.isfinite(number) else math.copysign(math.inf, number) for number in numbers]


def _string(value: bytes | int | None) -> str:
    return value.decode(errors="replace") if isinstance(value, bytes) else ""


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Yields the number and the content of each field of a message."""
    at = 0
    while at < len(message):
        tag, at = _varint(message, at)
        kind = tag & 7
        if kind == VARINT:
            start = at
            _, at = _varint(message, at)
        elif kind == BYTES:
            size, start = _varint(message, at)
            at = start + size
        elif kind in (FIXED32, FIXED64):
            start, at = at, at + (4 if kind == FIXED32 else 8)
        else:
            raise ValueError(f"byte {at} starts a field of kind {kind}; expected a Protocol Buffers message")
        yield tag >> 3, message[start:at]


def _varint(message: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
