import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient, WebSocketDenialResponse
from starlette.websockets import WebSocket

from streamlit_app.services.gate import HEADERS, Gate


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


@pytest.fixture
def client() -> TestClient:
    app = Starlette(routes=[Route("/", lambda request: PlainTextResponse("page")), WebSocketRoute("/stream", talk)])
    return TestClient(Gate(app, hosts=["Shop.example"]))


@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "LOCALHOST", "shop.example"])
def test_a_request_for_a_host_of_ones_own_is_answered_and_may_not_be_framed(client: TestClient, host: str) -> None:
    answer = client.get("/", headers={"host": host, "origin": f"http://{host}"})
    assert answer.text == "page"
    assert {name: answer.headers[name] for name in HEADERS} == HEADERS


@pytest.mark.parametrize(
    "headers",
    [
        {"host": "evil.example:8501"},
        {"host": ""},
        {"host": "localhost.evil.example"},
        {"host": "127.0.0.1@evil.example"},
        {"host": "[::1"},
        {"host": "localhost", "origin": "http://evil.example"},
        {"host": "localhost", "origin": "null"},
        {"host": "localhost:8501", "origin": "http://localhost:3000"},
        {"host": "localhost:8501", "origin": "http://localhost"},
        {"host": "localhost:8501", "origin": "http://127.0.0.1:8501"},
        {"host": "localhost:8501", "origin": "ftp://localhost:8501"},
        {"host": "localhost:8501", "origin": "http://localhost:port"},
        {"host": "localhost:port", "origin": "http://localhost"},
        {"host": "shop.example", "origin": "http://shop.example:8501"},
        {"host": "shop.example:80", "origin": "https://shop.example"},
    ],
)
def test_a_request_for_another_host_or_from_a_page_of_another_is_refused(client: TestClient, headers: dict) -> None:
    answer = client.get("/", headers=headers)
    assert (answer.status_code, "page" in answer.text.split()) == (403, False)
    with pytest.raises(WebSocketDenialResponse) as refused, client.websocket_connect("/stream", headers=headers):
        pass
    assert refused.value.status_code == 403


@pytest.mark.parametrize("other", ["evil.example", "localhost"])
def test_a_request_that_names_two_hosts_is_refused(client: TestClient, other: str) -> None:
    assert client.get("/", headers=[("host", "localhost"), ("host", other)]).status_code == 403


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("localhost:8501", "http://localhost:8501"),
        ("LOCALHOST:8501", "http://localhost:8501"),
        ("[::1]:8501", "http://[::1]:8501"),
        ("shop.example", "https://shop.example"),
        ("shop.example:443", "https://shop.example"),
        ("shop.example:80", "http://shop.example"),
        ("shop.example:8443", "https://shop.example:8443"),
    ],
)
def test_a_stream_of_ones_own_page_is_opened_also_behind_a_proxy_that_ends_tls(
    client: TestClient, host: str, origin: str
) -> None:
    headers = {"host": host, "origin": origin}
    with client.websocket_connect("/stream", headers=headers) as stream:
        assert stream.receive_text() == "hello"
