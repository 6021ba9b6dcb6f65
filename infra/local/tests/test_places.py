"""Tests of the directories of the local stacks."""

import tempfile
import unittest
from pathlib import Path

from driver import places
from driver.console import Failure


class EnvironmentFile(unittest.TestCase):
    def setUp(self) -> None:
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.state = Path(folder.name)
        (self.state / "models/churn").mkdir(parents=True)

    def test_without_a_name_it_is_the_stack_that_was_started_last(self) -> None:
        (self.state / "last").write_text("models/churn")
        self.assertEqual(places.environment_file(self.state, ""), self.state / "models/churn/stack.env")

    def test_if_none_was_started_it_is_iris(self) -> None:
        self.assertEqual(places.environment_file(self.state, ""), self.state / "./stack.env")

    def test_a_model_is_found_by_its_name_even_if_another_was_started_last(self) -> None:
        (self.state / "last").write_text("models/churn")
        self.assertEqual(places.environment_file(self.state, "iris"), self.state / "stack.env")

    def test_an_unknown_model_is_refused_with_the_names_of_the_others(self) -> None:
        with self.assertRaisesRegex(Failure, "MODEL=flats .* expected one of iris, churn"):
            places.environment_file(self.state, "flats")


if __name__ == "__main__":
    unittest.main()
