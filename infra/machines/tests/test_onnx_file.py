"""Tests of the search for the first difference between two ONNX files."""

import struct
import unittest

from onnx_file import first_difference


def message(*fields: tuple[int, bytes]) -> bytes:
    """Writes fields whose contents are shorter than 128 bytes."""
    return b"".join(bytes([number << 3 | 2, len(content)]) + content for number, content in fields)


def model(*weights: float) -> bytes:
    floats = struct.pack(f"<{len(weights)}f", *weights)
    attribute = message((1, b"coefficients"), (7, floats))
    tensor = message((8, b"offset"), (9, struct.pack("<f", 1.5)))
    return message((7, message((1, message((3, b"linear"), (5, attribute))), (5, tensor))))


class FirstDifferenceTest(unittest.TestCase):
    def test_equal_files_do_not_differ(self) -> None:
        self.assertIsNone(first_difference(model(1.0, 2.0), model(1.0, 2.0)))

    def test_the_first_differing_number_is_named_with_both_values(self) -> None:
        found = first_difference(model(1.0, 0.25, 3.0), model(1.0, 0.5, 4.0))
        self.assertEqual(str(found), "linear.coefficients, index 1: 0.25 and 0.5")

    def test_a_missing_number_is_named(self) -> None:
        found = first_difference(model(1.0, 2.0), model(1.0))
        self.assertEqual(str(found), "linear.coefficients, index 1: 2 and None")

    def test_a_missing_tensor_is_named(self) -> None:
        found = first_difference(message((7, message((5, message((8, b"a"), (9, b"")))))), message((7, b"")))
        self.assertEqual(str(found), "names of the tensors, index 0: tensor a and nothing")
