"""Prepares the machine for `sam local`: Docker, Lambda's base image, and a route from a container to the emulator."""

import ipaddress
import json
import platform
import socket
import socketserver
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from .console import Failure, say, tail, waiting, warn
from .settings import ROOT, host_architecture

SUBSTITUTE = ROOT.parent / "shared/tools/sam-local-base"


def prepare() -> None:
    """Checks for Docker and the base image.

    Raises Failure if Docker does not run, or if the image is not on this machine and cannot be pulled.
    """
    image = f"public.ecr.aws/lambda/provided:al2023-{host_architecture()}"
    if _docker("image", "inspect", image):
        say(f"base image {image} is on this machine")
        return
    if _docker("info"):
        with waiting(f"pulling {image}"):
            pulled = _docker("pull", image, seconds=600)
        if pulled:
            return
    if not SUBSTITUTE.exists():
        raise Failure(
            f"`sam local` needs a running Docker engine and the image {image}, "
            "which is not on this machine and could not be pulled. No event was run. "
            "Start Docker, or connect to the internet, and run this again."
        )
    warn(
        f"{image} cannot be pulled: a substitute image is used instead. "
        "The functions are the real ones, but the base image is not."
    )
    log = ROOT / "target/local/substitute.log"
    with log.open("wb") as output, waiting("substitute image"):
        made = subprocess.run(["bash", SUBSTITUTE], stdin=subprocess.DEVNULL, stdout=output, stderr=output, check=False)
    if made.returncode:
        raise Failure(f"the substitute image could not be built:\n{tail(log)}")


@contextmanager
def way_to(port: int) -> Iterator[str]:
    """Yields the URL at which a container reaches the emulator that listens on 127.0.0.1:`port`.

    On Linux, containers reach the host only at the bridge's address, so a forwarder listens at that address alone.
    Docker Desktop has a name for the host's loopback interface.
    """
    if platform.system() != "Linux":
        yield f"http://host.docker.internal:{port}"
        return
    address = _bridge_address()
    forwarder = socketserver.ThreadingTCPServer((address, port), _Forward, bind_and_activate=False)
    forwarder.daemon_threads = True
    forwarder.allow_reuse_address = True
    forwarder.server_bind()
    forwarder.server_activate()
    threading.Thread(target=forwarder.serve_forever, daemon=True).start()
    try:
        yield f"http://{address}:{port}"
    finally:
        forwarder.shutdown()
        forwarder.server_close()


class _Forward(socketserver.BaseRequestHandler):
    """Copies bytes between a container's connection and the emulator's port."""

    server: socketserver.TCPServer

    def handle(self) -> None:
        port = int(self.server.socket.getsockname()[1])
        with socket.create_connection(("127.0.0.1", port)) as emulator:
            back = threading.Thread(target=_copy, args=(emulator, self.request), daemon=True)
            back.start()
            _copy(self.request, emulator)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    try:
        while chunk := source.recv(65536):
            target.sendall(chunk)
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # one side has closed the connection; the other side will notice


def _bridge_address() -> str:
    found = subprocess.run(["docker", "network", "inspect", "bridge"], capture_output=True, text=True, check=False)
    if found.returncode:
        raise Failure(f"Docker has no network with the name bridge: {found.stderr.strip()}")
    pool = json.loads(found.stdout)[0]["IPAM"]["Config"][0]
    # An engine that has not started a container yet names only the subnet. The bridge uses its first address.
    return pool.get("Gateway") or str(next(ipaddress.ip_network(pool["Subnet"]).hosts()))


def _docker(*arguments: str, seconds: float = 30) -> bool:
    try:
        done = subprocess.run(["docker", *arguments], capture_output=True, timeout=seconds, check=False)
    except (FileNotFoundError, subprocess.TimeoutExpired):
        return False
    return done.returncode == 0
