"""Gate: who may speak to the dashboard. Nobody but a page that the dashboard itself served."""

from __future__ import annotations

from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

# The browser itself then refuses to load from or send to any other place: nothing leaves the machine
# even if a dependency tried. Streamlit's front end needs inline scripts and styles, eval and blobs.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "media-src 'self' blob:",
        "font-src 'self' data:",
        "connect-src 'self'",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def own_hosts(port: int) -> frozenset[str]:
    """The names under which a loopback server on this port may be addressed."""
    names = ("127.0.0.1", "localhost")
    # browsers leave out the port that http has anyway
    return frozenset([*(f"{name}:{port}" for name in names), *(names if port == 80 else ())])


class Gate:
    """ASGI middleware: every HTTP request and WebSocket must name this server and come from its page.

    The Host header stops a foreign name that was pointed at 127.0.0.1 (DNS rebinding), the Origin header
    (where the browser sends one) a foreign page that knows the address. Either gets 403.

    Parameters
    ----------
    app : ASGI application
    hosts : frozenset of str
        Allowed, as `own_hosts` gives them.
    """

    def __init__(self, app: ASGIApp, hosts: frozenset[str]):
        self.app = app
        self.hosts = hosts
        self.origins = frozenset(f"http://{host}" for host in hosts)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._may_pass(scope):
            await self.app(scope, receive, _guarded(send))
        elif scope["type"] == "websocket":
            await send({"type": "websocket.close", "code": 1008})  # before accepting: the server says 403
        else:
            await PlainTextResponse("This address is not Attune's.", 403)(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        hosts = [value for name, value in scope["headers"] if name == b"host"]
        origins = [value for name, value in scope["headers"] if name == b"origin"]
        return (
            len(hosts) == 1
            and hosts[0].decode("latin-1").lower() in self.hosts
            and len(origins) <= 1
            and all(origin.decode("latin-1").lower() in self.origins for origin in origins)
        )


def _guarded(send: Send) -> Send:
    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
        await send(message)

    return guarded
