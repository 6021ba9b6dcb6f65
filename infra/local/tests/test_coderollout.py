"""Tests of what SAM makes of the template for the code of predict: a Lambda version, an alias, and CodeDeploy."""

import copy
import logging
import os
import re
import unittest
from typing import Any
from unittest import mock

from driver import template
from samtranslator.parser.parser import Parser
from samtranslator.translator.translator import Translator

CANARY = "Canary10Percent5Minutes"
GUARDS = ("NewCodeCrashesAlarm", "NewCodeFailuresAlarm")


def setUpModule() -> None:
    """Silences SAM's warnings about its own settings."""
    logging.disable(logging.WARNING)


def tearDownModule() -> None:
    logging.disable(logging.NOTSET)


def transformed(document: dict[str, Any] | None = None, /, **parameters: str) -> dict[str, Any]:
    """Returns the resources that SAM makes of the template, with the given and otherwise the default parameters."""
    document = copy.deepcopy(document or template.read())
    document["Globals"]["Function"]["CodeUri"] = "s3://bucket/code"
    values = {name: it.get("Default", "ada@example.com") for name, it in document["Parameters"].items()}
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-central-1"}):
        return Translator({}, Parser()).translate(document, values | parameters)["Resources"]


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    """Returns the resources of a type by logical id."""
    return {name: it for name, it in resources.items() if it["Type"] == kind}


def version(resources: dict[str, Any]) -> str:
    """Returns the logical id of the only Lambda version."""
    (name,) = of_type(resources, "AWS::Lambda::Version")
    return name


def references(part: Any) -> set[str]:
    """Returns the names to which `part` refers with Ref or Fn::Sub."""
    if isinstance(part, list):
        return {name for one in part for name in references(one)}
    if not isinstance(part, dict):
        return set()
    match part:
        case {"Ref": str(name)}:
            return {name}
        case {"Fn::Sub": str(pattern)}:
            return set(re.findall(r"\$\{([\w:]+)", pattern))
    return references(list(part.values()))


class CodeRolloutTest(unittest.TestCase):
    def test_by_default_and_on_an_emulator_nothing_of_codedeploy_is_made(self) -> None:
        for parameters in ({}, {"CodeRollout": CANARY, "Emulated": "true"}):
            resources = transformed(**parameters)
            kinds = {it["Type"] for it in resources.values()}
            self.assertFalse([kind for kind in kinds if "CodeDeploy" in kind], parameters)
            self.assertNotIn("UpdatePolicy", resources["PredictFunctionAliaslive"])

    def test_the_condition_of_the_template_says_what_sam_decides(self) -> None:
        document = template.read()
        parameters = document["Parameters"]
        shifts = document["Mappings"]["CodeDeployShifts"]
        self.assertEqual(set(parameters["CodeRollout"]["AllowedValues"]), set(shifts))
        looked_up = {"Fn::FindInMap": ["CodeDeployShifts", {"Ref": "CodeRollout"}, {"Ref": "Emulated"}]}
        preference = document["Resources"]["PredictFunction"]["Properties"]["DeploymentPreference"]
        self.assertEqual(preference["Enabled"], looked_up)
        is_asked = {"Fn::Not": [{"Fn::Equals": [{"Ref": "CodeRollout"}, "none"]}]}
        self.assertEqual(document["Conditions"]["RollsOutCode"], {"Fn::And": [{"Condition": "NotEmulated"}, is_asked]})
        for name, by_emulated in shifts.items():
            self.assertEqual(by_emulated, {"false": str(name != "none").lower(), "true": "false"}, name)

    def test_codedeploy_shifts_the_alias_with_its_own_role_and_stops_at_the_guards(self) -> None:
        for kind in template.read()["Parameters"]["CodeRollout"]["AllowedValues"][1:]:
            resources = transformed(CodeRollout=kind)
            group = resources["PredictFunctionDeploymentGroup"]["Properties"]
            self.assertEqual(group["DeploymentConfigName"]["Fn::Sub"][1], {"ConfigName": kind})
            watched = group["AlarmConfiguration"]["Fn::If"][1]
            self.assertEqual(watched, {"Enabled": True, "Alarms": [{"Name": {"Ref": name}} for name in GUARDS]})
            self.assertIn("DEPLOYMENT_STOP_ON_ALARM", group["AutoRollbackConfiguration"]["Events"])
            self.assertEqual(group["ServiceRoleArn"]["Fn::If"][1], {"Fn::GetAtt": ["CodeRolloutRole", "Arn"]})
            self.assertNotIn("CodeDeployServiceRole", resources)
            update = resources["PredictFunctionAliaslive"]["UpdatePolicy"]["CodeDeployLambdaAliasUpdate"]
            self.assertEqual(update["DeploymentGroupName"], {"Ref": "PredictFunctionDeploymentGroup"})

    def test_a_guard_is_new_with_each_lambda_version_and_looks_at_it_alone(self) -> None:
        resources = transformed(CodeRollout=CANARY)
        number = version(resources)
        self.assertEqual(
            resources["PredictFunctionAliaslive"]["Properties"]["FunctionVersion"], {"Fn::GetAtt": [number, "Version"]}
        )
        for name in GUARDS:
            alarm = resources[name]["Properties"]
            self.assertTrue(alarm["AlarmName"]["Fn::Sub"].endswith(f"-${{{number}.Version}}"), name)
            self.assertEqual(alarm["Dimensions"][-1]["Value"], {"Fn::GetAtt": [number, "Version"]}, name)
            self.assertFalse({"AlarmActions", "OKActions"} & set(alarm), name)

    def test_the_rule_of_the_mail_finds_the_application_by_its_generated_name(self) -> None:
        (application,) = of_type(transformed(CodeRollout=CANARY), "AWS::CodeDeploy::Application")
        events = template.read()["Resources"]["MetricsFunction"]["Properties"]["Events"]
        (prefix,) = events["CodeRolledBack"]["Properties"]["Pattern"]["detail"]["application"]
        self.assertEqual(prefix, {"prefix": {"Fn::Sub": f"${{AWS::StackName}}-{application}-"}})

    def test_only_the_alias_may_be_called_and_it_exists_before_the_apis_call_it(self) -> None:
        resources = transformed()
        permissions = of_type(resources, "AWS::Lambda::Permission")
        called = [it for name, it in permissions.items() if name.startswith("PredictFunction")]
        routes = template.read()["Resources"]["PredictFunction"]["Properties"]["Events"]
        self.assertEqual(len(called), len(routes))
        for permission in called:
            self.assertEqual(permission["Properties"]["FunctionName"], {"Ref": "PredictFunctionAliaslive"})
        for api in ("PredictionApi", "StatusApi"):
            self.assertIn("PredictFunctionAliaslive", resources[api]["DependsOn"])

    def test_another_value_of_a_parameter_makes_another_lambda_version(self) -> None:
        document = template.read()
        properties = document["Resources"]["PredictFunction"]["Properties"]
        used = references([properties["Environment"], document["Globals"]["Function"]["Environment"]])
        described = references(properties["VersionDescription"])
        self.assertEqual(described, used | references(document["Globals"]["Function"]["Architectures"]))

    def test_another_property_makes_another_lambda_version_and_the_former_is_deleted(self) -> None:
        document = template.read()
        former = version(transformed(document))
        self.assertEqual(transformed(document)[former]["DeletionPolicy"], "Delete")
        document["Resources"]["PredictFunction"]["Properties"]["Timeout"] = 11
        self.assertNotEqual(version(transformed(document)), former)
