"""What Streamlit's script in the browser is told about its host: nobody, and no dialogs of its own.

When the server is away, that script would open a dialog over the page that takes the keyboard: whoever is
writing a note loses what they type until they notice. Our pages say themselves that the server is away.
"""

from __future__ import annotations

from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

PATH = "/_stcore/host-config"
CONFIG = {
    "allowedOrigins": [],  # no other page may embed ours or speak to it
    "useExternalAuthToken": False,
    "enableCustomParentMessages": False,
    "enforceDownloadInNewTab": False,
    "metricsUrl": "",
    "blockErrorDialogs": True,
    "resourceCrossOriginMode": None,
}


class HostConfig:
    """ASGI middleware that answers in Streamlit's place; its own routes can't be replaced by ours."""

    def __init__(self, app: ASGIApp):
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        ours = scope["type"] == "http" and scope["path"] == PATH and scope["method"] == "GET"
        app = JSONResponse(CONFIG, headers={"cache-control": "no-cache"}) if ours else self.app
        await app(scope, receive, send)
