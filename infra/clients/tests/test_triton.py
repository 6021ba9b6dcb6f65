"""Triton's client over HTTP, with the key in a header, and with binary tensors, which are its default."""

import unittest
from typing import Any

import numpy as np
import stack
import tritonclient.http as triton
from tritonclient.utils import InferenceServerException


def headers() -> dict[str, str]:
    """Returns the header with the key: a new dictionary, because the client adds the headers of a request to it."""
    return {"x-api-key": stack.key()}


def client() -> Any:
    """Returns a client of the prediction API itself. It keeps the path of the URL."""
    return triton.InferenceServerClient(stack.url().split("://", 1)[1])


def by_column(binary: bool, dtype: str = "FP32") -> list[Any]:
    """Returns one tensor for each column."""
    inputs = []
    for column, values in zip(stack.COLUMNS, zip(*stack.ROWS)):
        tensor = triton.InferInput(column, [2, 1], dtype)
        kind = np.float32 if dtype == "FP32" else np.float64
        tensor.set_data_from_numpy(np.array(values, kind).reshape(2, 1), binary_data=binary)
        inputs.append(tensor)
    return inputs


class TritonTest(unittest.TestCase):
    """What a person does with Triton's client."""

    def test_server_and_model_are_ready_and_described(self) -> None:
        version = str(stack.version())
        server = client()
        self.assertTrue(server.is_server_live(headers=headers()))
        self.assertTrue(server.is_server_ready(headers=headers()))
        self.assertTrue(server.is_model_ready("iris", headers=headers()))
        self.assertTrue(server.is_model_ready("iris", version, headers=headers()))
        self.assertFalse(server.is_model_ready("roses", headers=headers()))
        self.assertEqual(server.get_server_metadata(headers=headers())["name"], "evergreen")
        described = server.get_model_metadata("iris", headers=headers())
        self.assertEqual(described["versions"], [version])
        self.assertEqual([tensor["name"] for tensor in described["inputs"]], stack.COLUMNS)

    def test_tensors_are_predicted_binary_and_listed_and_compressed(self) -> None:
        for binary, dtype, compression in (
            (True, "FP32", None),
            (True, "FP64", "gzip"),
            (False, "FP32", None),
            (False, "FP64", "gzip"),
            (True, "FP32", "deflate"),
        ):
            with self.subTest(binary=binary, dtype=dtype, compression=compression):
                answer = client().infer(
                    "iris", by_column(binary, dtype), headers=headers(), request_compression_algorithm=compression
                )
                self.assertEqual(answer.as_numpy("label").tolist(), stack.SPECIES)
                self.assertEqual(answer.as_numpy("probabilities").shape, (2, 3))

    def test_one_tensor_may_hold_all_columns(self) -> None:
        tensor = triton.InferInput("predict", [2, 4], "FP32")
        tensor.set_data_from_numpy(np.array(stack.ROWS, np.float32))
        wanted = [triton.InferRequestedOutput("label"), triton.InferRequestedOutput("ids")]
        version = str(stack.version())
        answer = client().infer(
            "iris", [tensor], model_version=version, outputs=wanted, request_id="7", headers=headers()
        )
        self.assertEqual(answer.as_numpy("label").tolist(), stack.SPECIES)
        self.assertEqual((answer.get_response()["id"], answer.get_response()["model_version"]), ("7", version))
        self.assertIsNone(answer.as_numpy("probabilities"))

    def test_errors_of_function_and_gateway_are_read(self) -> None:
        inputs = by_column(True)[1:]
        with self.assertRaises(InferenceServerException) as raised:
            client().infer("iris", inputs, headers=headers())
        self.assertIn(stack.COLUMNS[0], str(raised.exception))
        with self.assertRaises(InferenceServerException) as raised:
            client().infer("iris", by_column(True))
        self.assertIn("x-api-key", str(raised.exception))
