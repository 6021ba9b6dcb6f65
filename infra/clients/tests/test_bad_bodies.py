"""One list of bad bodies goes through every protocol. No answer is a failure of the stack. Each says what was wrong."""

import gzip
import json
import unittest
from typing import Any

import requests
import stack

FIELD = stack.COLUMNS[1]
INFER = "/v2/models/iris/infer"


def rows(value: Any) -> list[list[Any]]:
    """Returns two rows. The second column of the last one has another value."""
    return [stack.ROWS[0], [6.5, value, 5.8, 2.2]]


def objects(value: Any) -> list[dict[str, Any]]:
    """Returns the same rows as objects."""
    return [dict(zip(stack.COLUMNS, row)) for row in rows(value)]


def tensors(value: Any) -> list[dict[str, Any]]:
    """Returns the same rows as tensors, one for each column."""
    kind = {"shape": [2, 1], "datatype": "FP64"}
    return [{"name": name, **kind, "data": list(data)} for name, data in zip(stack.COLUMNS, zip(*rows(value)))]


def csv(value: Any, header: bool) -> str:
    """Returns the same rows as comma-separated values. Whatever has no form in CSV is a text."""
    cells = [["" if cell is None else str(cell).replace(",", ";") for cell in row] for row in rows(value)]
    return "\n".join(",".join(row) for row in ([stack.COLUMNS] if header else []) + cells)


def of_every_form(value: Any) -> list[tuple[str, str, str]]:
    """Returns the path, the media type and the body of each form in which rows can be sent."""
    split = {"dataframe_split": {"columns": stack.COLUMNS, "data": rows(value)}}
    columns = dict(zip(stack.COLUMNS, map(list, zip(*rows(value)))))
    lines = "\n".join(map(json.dumps, objects(value)))
    listed = "\n".join(json.dumps({"features": row}) for row in rows(value))
    return [
        ("/predict", "application/json", json.dumps(objects(value))),
        ("/predict", "application/x-ndjson", lines),
        ("/predict", "text/csv", csv(value, header=True)),
        ("/invocations", "application/json", json.dumps(split)),
        ("/invocations", "application/json", json.dumps({"dataframe_records": objects(value)})),
        ("/invocations", "application/json", json.dumps({"instances": rows(value)})),
        ("/invocations", "application/json", json.dumps({"inputs": columns})),
        ("/invocations", "text/csv", csv(value, header=True)),
        ("/endpoints/iris/invocations", "application/json", json.dumps({"instances": objects(value)})),
        ("/endpoints/iris/invocations", "application/jsonlines", listed),
        ("/endpoints/iris/invocations", "text/csv", csv(value, header=False)),
        (INFER, "application/json", json.dumps({"inputs": tensors(value)})),
    ]


# Bodies that are wrong as a whole, whatever the protocol.
BODIES: dict[str, bytes] = {
    "empty": b"",
    "brace": b"{",
    "nothing": b"null",
    "number": b"5",
    "text": b'"setosa"',
    "list": b"[]",
    "deep": b"[" * 100_000,
    "deep objects": b'{"inputs":' * 50_000,
    "utf-16": '{"inputs": []}'.encode("utf-16"),
    "latin-1": b'{"inputs": "\xe9"}',
    "zeros": bytes(200),
    "cut gzip": gzip.compress(b"[]" * 500)[:20],
    "huge shape": b'{"inputs": [{"name": "x", "shape": [18446744073709551615, 4], "datatype": "FP32", "data": []}]}',
    "no data": b'{"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32"}]}',
    "long binary": b'{"inputs": [{"name": "x", "shape": [1, 4], "datatype": "FP32", '
    b'"parameters": {"binary_data_size": 9}}]}',
    "split": b'{"dataframe_split": {"columns": {"a": 1}, "data": 5}}',
    "two members": b'{"instances": [], "inputs": []}',
    "quotes": b'"a,b\n1,"2',
}
PATHS = ("/predict", "/invocations", "/endpoints/iris/invocations", INFER)


class BadBodiesTest(unittest.TestCase):
    """What every protocol does with bad bodies."""

    def test_a_good_value_is_predicted_in_every_form(self) -> None:
        for path, media_type, body in of_every_form(3.0):
            with self.subTest(path=path, media_type=media_type, body=body[:60]):
                self.assertEqual(stack.post(path, body, media_type).status_code, 200)

    def test_a_bad_value_is_named_with_its_column_in_every_form(self) -> None:
        for value in ("long", None, 1e39, [3.0, 4.0], {"a": 1}, float("nan"), float("inf")):
            for path, media_type, body in of_every_form(value):
                with self.subTest(path=path, media_type=media_type, body=body[:60], value=value):
                    self.check(path, stack.post(path, body, media_type), field=FIELD)

    def test_no_body_makes_any_path_fail(self) -> None:
        for name, body in BODIES.items():
            for path in PATHS:
                for media_type in ("application/json", "text/csv", "application/jsonlines", None):
                    with self.subTest(body=name, path=path, media_type=media_type):
                        self.check(path, stack.post(path, body, media_type))

    def check(self, path: str, answer: requests.Response, field: str = "") -> None:
        """Checks that an answer is an error in the form of the protocol, whose text names the field."""
        self.assertTrue(400 <= answer.status_code < 500, f"{answer.status_code}: {answer.text}")
        problem = answer.json()
        if path == "/predict":
            self.assertTrue(problem["detail"] and problem["type"], problem)
            text = problem["detail"]
        elif path == "/invocations":
            self.assertEqual(set(problem), {"error_code", "message"})
            text = problem["message"]
        elif path == INFER:
            self.assertEqual(set(problem), {"error"})
            text = problem["error"]
        else:
            self.assertEqual(set(problem), {"Code", "message"})
            self.assertTrue(answer.headers["x-amzn-errortype"])
            text = problem["message"]
        self.assertIn(field, text)
