"""Opening the app to others in the room: only when asked, and only with a password.

Plain HTTP: whoever can read the traffic of the network can read the password with it. It keeps
strangers out of a lesson, it does not protect secrets.
"""

import asyncio
import base64
import binascii
import hmac
import os
import secrets
import socket
from typing import Any

USER = "hashviz"
WRONG_SECONDS = 0.5
"""So long takes the answer to a wrong password: guessing is slow."""
EVERYWHERE = "0.0.0.0"
SHORTEST = 8


def chosen_password() -> str:
    """HASHVIZ_PASSWORD, or a new one that can be read out loud in a classroom.

    Raises:
        ValueError: when the chosen one has fewer than eight characters.
    """
    given = os.environ.get("HASHVIZ_PASSWORD", "")
    if given and len(given) < SHORTEST:
        raise ValueError(
            f"HASHVIZ_PASSWORD has {len(given)} characters; a password has {SHORTEST} at least. "
            "Without it one is made up and printed."
        )
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # none that looks like another
    return given or "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def own_address() -> str:
    """This machine's address in its network; nothing is sent to find it."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # an address that belongs to nobody
            return asking.getsockname()[0]
        except OSError:
            return "127.0.0.1"


class Password:
    """ASGI middleware: nothing is answered without the password, pictures included (HTTP Basic)."""

    def __init__(self, app: Any, password: str) -> None:
        self.app = app
        self._expected = f"{USER}:{password}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on when it brings the password."""
        if scope["type"] not in ("http", "websocket") or self.brought(scope):
            return await self.app(scope, receive, send)
        if dict(scope["headers"]).get(b"authorization"):
            await asyncio.sleep(WRONG_SECONDS)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        text = b"This lesson has a password; the teacher's screen shows it."
        headers = [
            (b"www-authenticate", b'Basic realm="hashviz", charset="UTF-8"'),
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(text)).encode()),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    def brought(self, scope: Any) -> bool:
        """Whether the request carries user and password."""
        kind, _, packed = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        try:
            given = base64.b64decode(packed, validate=True)
        except binascii.Error:
            return False
        return kind.lower() == b"basic" and hmac.compare_digest(given, self._expected)
