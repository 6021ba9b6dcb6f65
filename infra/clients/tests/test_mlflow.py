"""MLflow's own scoring client, which knows neither path nor key, behind `evergreen proxy`."""

import re
import unittest
from typing import Any

import numpy as np
import pandas as pd
import stack
from mlflow.pyfunc.scoring_server.client import ScoringServerClient


def client() -> Any:
    """Returns a client of the proxy."""
    host, port = stack.proxy().split(":")
    return ScoringServerClient(host, int(port))


class MlflowTest(unittest.TestCase):
    """What a person does with MLflow's client."""

    def test_the_server_is_found_ready(self) -> None:
        client().wait_server_ready(timeout=10)
        client().ping()
        self.assertIn(str(stack.version()), client().get_version())

    def test_frames_lists_and_arrays_are_predicted(self) -> None:
        frame = pd.DataFrame(stack.ROWS, columns=stack.COLUMNS)
        with_more = frame.assign(id=[1, 2], note=[None, "x"], when=pd.Timestamp("2024-01-01"))
        for rows in (frame, with_more, frame[stack.COLUMNS[::-1]], stack.ROWS, np.array(stack.ROWS)):
            predicted = client().invoke(rows).get_predictions()
            self.assertEqual(predicted.iloc[:, 0].tolist(), stack.SPECIES)

    def test_details_have_an_id_for_feedback(self) -> None:
        frame = pd.DataFrame(stack.ROWS, columns=stack.COLUMNS)
        predicted = client().invoke(frame, params={"details": True}).get_predictions()
        self.assertEqual(predicted["prediction"].tolist(), stack.SPECIES)
        feedback = stack.post("/feedback", f'{{"id": "{predicted["id"][0]}", "actual": "setosa"}}', "application/json")
        self.assertEqual((feedback.status_code, feedback.json()["counted"]), (200, 1), feedback.text)

    def test_an_error_names_the_column(self) -> None:
        frame = pd.DataFrame(stack.ROWS, columns=stack.COLUMNS)
        frame.loc[1, stack.COLUMNS[2]] = float("nan")
        # The client raises no class of its own.
        with self.assertRaisesRegex(Exception, re.escape(stack.COLUMNS[2])):
            client().invoke(frame)
