"""Tests of the parameters in samconfig.toml, and of the answers to `sam local`."""

import os
import unittest
from unittest import mock

from driver import samlocal, settings


class SettingsTest(unittest.TestCase):
    def test_parameters_with_blanks_are_one_word(self) -> None:
        section = {"parameter_overrides": 'ModelName=iris ScheduleExpression="cron(0 5 * * ? *)" CodeVersion=a=b'}
        with mock.patch.object(settings, "_section", return_value=section):
            found = settings.overrides("local")
        self.assertEqual(found["ScheduleExpression"], "cron(0 5 * * ? *)")
        self.assertEqual((found["ModelName"], found["CodeVersion"]), ("iris", "a=b"))

    def test_every_section_of_samconfig_can_be_read(self) -> None:
        for config in ("default", "local"):
            self.assertIsInstance(settings.overrides(config), dict)

    def test_a_users_table_has_its_own_stack_and_its_parameters_come_first(self) -> None:
        own = settings.Settings(settings.ROOT, model="churn", given={"ModelName": "churn", "AccuracyFloor": "0"})
        self.assertTrue(own.stack.endswith("-churn"))
        self.assertEqual((own.parameters()["ModelName"], own.parameters()["AccuracyFloor"]), ("churn", "0"))
        self.assertEqual(own.endpoint, "http://127.0.0.1:4566")

    def test_the_processor_has_the_name_that_lambda_gives_it(self) -> None:
        for machine, name in [("aarch64", "arm64"), ("arm64", "arm64"), ("x86_64", "x86_64"), ("AMD64", "x86_64")]:
            with mock.patch("platform.machine", return_value=machine):
                self.assertEqual(settings.host_architecture(), name)


class SamLocalTest(unittest.TestCase):
    def test_errors_of_a_function_are_distinguished_from_answers(self) -> None:
        for answer in ("", "no JSON", '{"errorType": "InvalidTable"}', '{"statusCode": 503}'):
            self.assertTrue(samlocal._failed(answer), answer)
        for answer in ("null", '{"statusCode": 400}', '{"run_id": "a"}', "[]"):
            self.assertFalse(samlocal._failed(answer), answer)

    def test_trainings_come_first(self) -> None:
        events = [
            settings.ROOT / "events" / name for name in ("predict-row.json", "train-manual.json", "alert-alarm.json")
        ]
        ordered = [event.name for event in sorted(events, key=samlocal._order)]
        self.assertEqual(ordered[0], "train-manual.json")

    def test_the_sam_cli_gets_the_emulators_keys_and_no_others(self) -> None:
        with mock.patch.dict(os.environ, {"AWS_ACCESS_KEY_ID": "real"}):
            environment = samlocal._environment(settings.Settings(settings.ROOT))
        self.assertNotEqual(environment["AWS_ACCESS_KEY_ID"], "real")


if __name__ == "__main__":
    unittest.main()
