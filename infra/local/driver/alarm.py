"""Raises an alarm and ends it: damages both stored files of the champion, and repairs them."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from . import mail
from .console import say, step, until
from .environment import Clients
from .training import invoke

ALARM = "model-unhealthy"
# The damage also raises this alarm. Its mails are not awaited.
BESIDE = "artifact-damaged"


def raise_and_clear(clients: Clients, values: dict[str, str], model: dict[str, Any], readers: int) -> list[mail.Mail]:
    """Damages the champion's files and repairs them; returns the alarm's mails, one for each content."""
    step("Damaging the champion's artifact and the registry's copy, and repairing them: an alarm and its end")
    name, beside = (f"{values['EVERGREEN_STACK']}-{alarm}" for alarm in (ALARM, BESIDE))
    cloudwatch = clients.client("cloudwatch")
    # The alarm's window may still contain the damage of an earlier demonstration, and its mails are recorded. After
    # many demonstrations in a day their mails would be held back.
    for alarm in (name, beside):
        _set_well(cloudwatch, alarm, "A new demonstration begins.")
    remembered = {"pk": {"S": f"MAIL#{model['model']}"}, "sk": {"S": "INCIDENTS"}}
    clients.client("dynamodb").delete_item(TableName=values["EVERGREEN_TABLE"], Key=remembered)
    inbox = mail.Inbox(values)
    object_damaged = _damaged_object(clients.client("s3"), values["EVERGREEN_BUCKET"], model)
    copy_damaged = _damaged_copy(clients.client("dynamodb"), values["EVERGREEN_TABLE"], model)
    with object_damaged, copy_damaged:
        invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {})
        if values["EVERGREEN_EMULATOR"] == "localstack":
            _set(
                cloudwatch,
                name,
                "ALARM",
                "LocalStack evaluates this alarm every ten minutes; it is set by hand to save time.",
            )
        until(lambda: _state(cloudwatch, name) == "ALARM", 90, "the alarm")
        say(f"{name} is in ALARM")
        raised = inbox.wait_for("[ALARM]", readers, name)
    invoke(clients, values["EVERGREEN_METRICS_FUNCTION"], {})
    inbox = mail.Inbox(values)
    for alarm in (name, beside):
        _set_well(cloudwatch, alarm, "The files are repaired; the alarm is set by hand to save time.")
    say(f"{name} is OK again: set by hand, because the emulator's alarm covers five minutes")
    mails = mail.merged(raised + inbox.wait_for("[OK]", readers, name))
    for letter in mails:
        say(f"mail to {', '.join(letter.recipients)}: {letter.subject}")
    return mails


def _set_well(cloudwatch: Any, name: str, reason: str) -> None:
    """Sets a raised alarm to OK, in a second without other changes.

    The emulator dates changes to the second, and the alert function takes two changes in one second for one.
    """
    if _state(cloudwatch, name) == "ALARM":
        time.sleep(1.1)
        _set(cloudwatch, name, "OK", reason)
        time.sleep(1.1)


def _set(cloudwatch: Any, name: str, state: str, reason: str) -> None:
    cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)


@contextmanager
def _damaged_copy(dynamodb: Any, table: str, model: dict[str, Any]) -> Iterator[None]:
    """Overwrites the registry's copy of the artifact with nonsense, and restores it at the end.

    A large artifact has no copy.
    """
    key = {"pk": {"S": f"MODEL#{model['model']}"}, "sk": {"S": "ARTIFACT"}}
    item = dynamodb.get_item(TableName=table, Key=key).get("Item")
    if not item:
        yield
        return
    dynamodb.put_item(TableName=table, Item={**item, "content": {"B": b"damaged"}})
    say("damaged:  the registry's copy")
    try:
        yield
    finally:
        dynamodb.put_item(TableName=table, Item=item)
        say("repaired: the registry's copy")


@contextmanager
def _damaged_object(s3: Any, bucket: str, model: dict[str, Any]) -> Iterator[None]:
    """Overwrites the champion's artifact with nonsense, and restores it at the end."""
    folder = f"models/{model['model']}/{model['version']:08}/"
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=folder)["Contents"]
    place = {"Bucket": bucket, "Key": next(entry["Key"] for entry in listed if "manifest" not in entry["Key"])}
    content = s3.get_object(**place)["Body"].read()
    s3.put_object(**place, Body=b"damaged")
    say(f"damaged:  {place['Key']}")
    try:
        yield
    finally:
        s3.put_object(**place, Body=content)
        say(f"repaired: {place['Key']}")


def _state(cloudwatch: Any, name: str) -> str:
    return cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["StateValue"]
