"""Who the dashboard answers: the hosts that it is told, to pages of its own, in no frame of another site."""

from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
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
    name. It is refused before Streamlit sees it, which would look up the machine's outer address to judge it.
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
        origin = headers.get("origin")
        return self._is_known("//" + headers.get("host", "")) and (origin is None or self._is_known(origin))

    def _is_known(self, address: str) -> bool:
        try:
            return urlsplit(address).hostname in self.hosts
        except ValueError:
            return False


def _guarded(send: Send) -> Send:
    """Returns a sender that adds the headers which keep a page out of the frames of other sites."""

    async def guarded(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.append(name, value)
        await send(message)

    return guarded
