"""The client of SageMaker's runtime in boto3, which signs for SageMaker and sends no key, behind `evergreen proxy`."""

import json
import unittest
from typing import Any

import boto3
import stack
from botocore.config import Config
from botocore.exceptions import ClientError

CSV = "\n".join(",".join(map(str, row)) for row in stack.ROWS)


def client() -> Any:
    """Returns a client of the proxy, with credentials that are valid nowhere."""
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=f"http://{stack.proxy()}",
        region_name="eu-central-1",
        aws_access_key_id="AKIDEXAMPLE",
        aws_secret_access_key="example",  # noqa: S106
        config=Config(retries={"max_attempts": 1}),
    )


def invoke(body: str, media_type: str, **more: str) -> tuple[dict[str, Any], str]:
    """Returns the answer, and the text of its body."""
    answer = client().invoke_endpoint(EndpointName="iris", Body=body, ContentType=media_type, **more)
    return answer, answer["Body"].read().decode()


class SageMakerTest(unittest.TestCase):
    """What a person does with the client."""

    def test_csv_json_and_lines_are_predicted(self) -> None:
        answer, text = invoke(CSV, "text/csv", Accept="text/csv")
        self.assertEqual(text.split(), stack.SPECIES)
        self.assertEqual(answer["InvokedProductionVariant"], f"version-{stack.version()}")
        _, text = invoke(json.dumps({"instances": stack.ROWS}), "application/json", Accept="application/json")
        self.assertEqual(json.loads(text)["predictions"], stack.SPECIES)
        lines = "".join(json.dumps({"features": row}) + "\n" for row in stack.ROWS)
        _, text = invoke(
            lines, "application/jsonlines", Accept="application/jsonlines", InferenceId="abc", TargetVariant="A"
        )
        self.assertEqual([json.loads(line)["prediction"] for line in text.splitlines()], stack.SPECIES)

    def test_an_error_names_the_column(self) -> None:
        with self.assertRaises(ClientError) as raised:
            invoke(CSV.replace("1.4", "long"), "text/csv")
        error = raised.exception.response["Error"]
        self.assertEqual(error["Code"], "ValidationError")
        self.assertIn(stack.COLUMNS[2], error["Message"])
