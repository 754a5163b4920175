"""Opening the app to the local network: only on request, and only with a password.

This is plain HTTP: whoever can read the network's traffic can read the password. It keeps strangers
out of a lesson; it does not protect secrets.
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
"""Delay before a wrong password is answered, which makes guessing slow."""
EVERYWHERE = "0.0.0.0"
SHORTEST = 8


def chosen_password() -> str:
    """Return HASHVIZ_PASSWORD, or a new password that can be read aloud in a classroom.

    Raises:
        ValueError: when HASHVIZ_PASSWORD has fewer than eight characters.
    """
    given = os.environ.get("HASHVIZ_PASSWORD", "")
    if given and len(given) < SHORTEST:
        raise ValueError(
            f"HASHVIZ_PASSWORD has {len(given)} characters, but a password needs at least "
            f"{SHORTEST}; without it, a random one is made up and printed."
        )
    letters = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike
    return given or "-".join("".join(secrets.choice(letters) for _ in range(4)) for _ in range(3))


def own_address() -> str:
    """Return this machine's address in its network, without sending anything."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
        try:
            asking.connect(("192.0.2.1", 9))  # reserved for documentation
            return asking.getsockname()[0]
        except OSError:
            return "127.0.0.1"


class Password:
    """ASGI middleware: answer nothing, not even pictures, without the password (HTTP Basic)."""

    def __init__(self, app: Any, password: str) -> None:
        self.app = app
        self._expected = f"{USER}:{password}".encode()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass the request on if it carries the password."""
        if scope["type"] not in ("http", "websocket") or self.is_authorized(scope):
            return await self.app(scope, receive, send)
        if dict(scope["headers"]).get(b"authorization"):
            await asyncio.sleep(WRONG_SECONDS)
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        text = b"This lesson needs a password; the teacher's screen shows it."
        headers = [
            (b"www-authenticate", b'Basic realm="hashviz", charset="UTF-8"'),
            (b"content-type", b"text/plain"),
            (b"content-length", str(len(text)).encode()),
        ]
        await send({"type": "http.response.start", "status": 401, "headers": headers})
        await send({"type": "http.response.body", "body": text})

    def is_authorized(self, scope: Any) -> bool:
        """Tell whether the request carries user and password."""
        kind, _, packed = dict(scope["headers"]).get(b"authorization", b"").partition(b" ")
        try:
            given = base64.b64decode(packed, validate=True)
        except binascii.Error:
            return False
        return kind.lower() == b"basic" and hmac.compare_digest(given, self._expected)
