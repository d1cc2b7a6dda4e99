"""Who the dashboard answers: the hosts that it is told, to pages of its own, in no frame of another site."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"http": 80, "https": 443}
REFUSAL = "This dashboard does not answer to that address. Open it with --host NAME to let it."
HEADERS = {
    "Content-Security-Policy": "frame-ancestors 'self'",
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
}


class Gate:
    """Refuses requests to a host that is not the dashboard's own, or from a page of another.

    A page of another site can point a name of its own at this machine (DNS rebinding); what it asks then carries that
    name. It is refused before Streamlit sees it, which would look up the machine's outer address to judge it. A page of
    another port is a page of another: a proxy in front has to hand on the Host that the browser names.
    """

    def __init__(self, app: ASGIApp, hosts: Iterable[str] = ()) -> None:
        self.app = app
        self.hosts = LOOPBACK | {host.lower() for host in hosts}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers a request, or refuses it with code 403."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
        elif self._lets_in(Headers(scope=scope)):
            await self.app(scope, receive, _guarded(send))
        else:
            await PlainTextResponse(REFUSAL, status_code=403)(scope, receive, send)

    def _lets_in(self, headers: Headers) -> bool:
        # Whoever names two hosts may mean one to the gate and the other to what stands behind it.
        hosts, origin = headers.getlist("host"), headers.get("origin")
        if len(hosts) != 1:
            return False
        try:
            is_known = urlsplit(f"//{hosts[0]}").hostname in self.hosts
            return is_known and (origin is None or _is_page_of(origin, hosts[0]))
        except ValueError:
            return False


def _is_page_of(origin: str, host: str) -> bool:
    """Returns whether a page was loaded from a host and port; a port that neither names is that of the page's scheme.

    Raises:
        ValueError: one of them is no address.
    """
    page = urlsplit(origin)
    own, port = urlsplit(f"//{host}"), _PORTS.get(page.scheme)
    return port is not None and (page.hostname, page.port or port) == (own.hostname, own.port or port)


def _guarded(send: Send) -> Send:
    """Returns a sender that adds the headers which keep a page out of the frames of other sites."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.append(name, value)
        await send(message)

    return guarded
