"""Reads template.yaml as data, and makes copies for emulators that differ from CloudFormation."""

from collections.abc import Mapping
from typing import Any

import yaml

from .settings import ROOT


class _Loader(yaml.SafeLoader):  # type: ignore[misc] # PyYAML has no types
    """Reads YAML with CloudFormation's short tags as their long forms."""


def _tag(loader: _Loader, tag: str, node: yaml.Node) -> dict[str, Any]:
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if tag == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {tag if tag in ("Ref", "Condition") else f"Fn::{tag}": value}


_Loader.add_multi_constructor("!", _tag)


def read() -> dict[str, Any]:
    """Reads the template as it is written, before a build."""
    return yaml.load((ROOT / "template.yaml").read_text(), _Loader)  # noqa: S506 - a safe loader with tags of our own


def with_defaults(template: dict[str, Any], parameters: Mapping[str, str]) -> dict[str, Any]:
    """Replaces the template's defaults by `parameters`.

    MiniStack transforms a template with its defaults, not with the parameters of a deployment. Without this, the limits
    of the usage plan would be lost.
    """
    for name, value in parameters.items():
        template["Parameters"][name]["Default"] = value
    return template


def for_localstack(template: dict[str, Any]) -> dict[str, Any]:
    """Changes the template so that LocalStack 4.12 accepts it.

    It replaces two kinds of references by the parameters' defaults. LocalStack accepts only a number as an alarm's
    threshold. And it accepts a joined list in a first deployment, but not in an update. It also removes what CodeDeploy
    would need: in an update, LocalStack follows the references between a function and its alarms without end.
    """
    parameters = template["Parameters"]
    for resource in template["Resources"].values():
        resource["Properties"].pop("DeploymentPreference", None)
        if resource["Type"] == "AWS::CloudWatch::Alarm":
            _make_number(resource["Properties"], parameters)
    return _joined(template, parameters)


def _make_number(alarm: dict[str, Any], parameters: dict[str, Any]) -> None:
    threshold = alarm.get("Threshold")
    if isinstance(threshold, dict) and threshold.get("Ref") in parameters:
        alarm["Threshold"] = float(parameters[threshold["Ref"]]["Default"])


def _joined(part: Any, parameters: dict[str, Any]) -> Any:
    """Replaces every joined list parameter in `part` by its text."""
    if isinstance(part, list):
        return [_joined(one, parameters) for one in part]
    if not isinstance(part, dict):
        return part
    match part:
        case {"Fn::Join": [str(separator), {"Ref": str(name)}]} if name in parameters:
            return separator.join(parameters[name]["Default"].split(","))
    return {key: _joined(value, parameters) for key, value in part.items()}
