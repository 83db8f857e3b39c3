"""The dashboard's server: Streamlit on loopback, with routes of its own for media and data."""

from __future__ import annotations

import logging
import os
import socket
import sys
import webbrowser
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from attune import OutputError
from dashboard.supervisor import Supervisor

HOST = "127.0.0.1"
APP = Path(__file__).with_name("app.py")
PORTS_TO_TRY = 50

# Loopback only, nothing reported, nothing watched, no file of the user's own settings above these.
SETTINGS = {
    "server.address": HOST,
    "server.headless": True,
    "server.fileWatcherType": "none",
    "server.enableStaticServing": False,
    "server.maxUploadSize": 1,
    "browser.gatherUsageStats": False,
    "client.toolbarMode": "minimal",
    "client.showErrorDetails": "none",
    "logger.level": "error",
    "theme.light.primaryColor": "#0063A0",
    "theme.light.linkColor": "#0063A0",
    "theme.light.backgroundColor": "#FCFBF9",
    "theme.light.secondaryBackgroundColor": "#F3F1EC",
    "theme.light.textColor": "#1E252C",
    "theme.dark.primaryColor": "#1F78B0",  # white text on it is read well, and it stands out from the page
    "theme.dark.linkColor": "#6CC0F0",
    "theme.dark.backgroundColor": "#14181D",
    "theme.dark.secondaryBackgroundColor": "#1C2228",
    "theme.dark.textColor": "#E7EAED",
}


def serve(
    library: Path, port: int = 8501, open_browser: bool = True, session: str | None = None,
    worker: bool = True,
) -> None:  # fmt: skip
    """Serve the dashboard of a library until Ctrl-C.

    Prints one line with the address. A port that is taken is said on stderr and the next free one used.

    Parameters
    ----------
    library : Path
        The folder that holds the session folders; it may be empty or not exist yet.
    port : int
        Where to listen, on the loopback address only.
    open_browser : bool
        Show the page in the user's browser.
    session : str, optional
        Id of the session to show first.
    worker : bool, optional
        Analyse what is added. False leaves it waiting.

    Raises
    ------
    OutputError
        No free port was found.
    """
    listener = listen(port)
    found = listener.getsockname()[1]
    if found != port:
        print(f"Port {port} is taken, using {found}.", file=sys.stderr)
    address = f"http://{HOST}:{found}/" + (f"review?session={quote(session, safe='')}" if session else "")

    def ready() -> None:
        print(f"Attune's dashboard is at {address} (Ctrl-C ends it)", flush=True)
        if open_browser:
            webbrowser.open(address)

    server = _server(Path(library), found, ready)
    try:
        with Supervisor(Path(library).expanduser().absolute(), worker):
            server.run(sockets=[listener])
    except KeyboardInterrupt:
        pass
    finally:
        listener.close()


def _server(library: Path, port: int, ready: Callable[[], None]):
    import uvicorn

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready()

        async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
            logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)  # an answer cut off now is no error
            await super().shutdown(sockets)

    config = uvicorn.Config(
        make_app(library, port),
        log_level="error",
        ws="websockets-sansio",
        server_header=False,
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    return Server(config)


def make_app(library: Path, port: int):
    """The ASGI application: Streamlit's page, our routes, and the gate before both."""
    import streamlit as st
    import streamlit.emojis  # the first page would wait for it
    from starlette.middleware import Middleware
    from streamlit.runtime.pages_manager import PagesManager
    from streamlit.web.bootstrap import load_config_options

    from dashboard.gate import Gate, own_hosts
    from dashboard.host_config import HostConfig
    from dashboard.page import LIBRARY_VARIABLE
    from dashboard.routes import routes

    load_config_options({**SETTINGS, "server.port": port})
    # A folder named pages beside the app would make the first visit run its page alone, without the frame.
    PagesManager.uses_pages_directory = False
    library = library.expanduser().absolute()
    os.environ[LIBRARY_VARIABLE] = str(library)  # the page runs as a script in this process
    middleware = [Middleware(Gate, hosts=own_hosts(port)), Middleware(HostConfig)]
    return st.App(APP, routes=routes(library), middleware=middleware)


def listen(port: int) -> socket.socket:
    """A socket listening on loopback at this port, or at the next free one.

    Raises
    ------
    OutputError
        None of the next ports is free.
    """
    for candidate in range(port, min(port + PORTS_TO_TRY, 65536)):
        # asyncio sends at once only where the protocol is named; else each small answer waits some 40 ms
        listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
        if os.name != "nt":  # there it would let two servers share a port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((HOST, candidate))
            listener.listen()
            return listener
        except OSError:
            listener.close()
    raise OutputError(f"no free port from {port} on: choose another with --port")
