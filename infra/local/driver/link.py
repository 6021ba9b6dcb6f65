"""Makes links that open the console in a browser."""

import getpass
from typing import Any

from .console import Failure
from .environment import Clients
from .training import invoke

# A session of a local link lasts a day of work.
HOURS = 12


def make(clients: Clients, values: dict[str, str]) -> str:
    """Returns a link that opens the console once, with the right to steer; raises Failure if none was made."""
    if "EVERGREEN_CONSOLE_FUNCTION" not in values:
        raise Failure("The stack was deployed by a release without a console; `make run` deploys this one.")
    order = {"link": {"right": "steer", "name": _person(), "hours": HOURS}}
    answer: dict[str, Any] = invoke(clients, values["EVERGREEN_CONSOLE_FUNCTION"], order)
    if "path" not in answer:
        raise Failure(f"The console made no link: {answer.get('error') or answer}")
    return values["EVERGREEN_CONSOLE_URL"].rstrip("/") + answer["path"]


def _person() -> str:
    """Returns the name that the audit trail gives to changes of this person."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):  # a container's user may have no name
        return "local"
