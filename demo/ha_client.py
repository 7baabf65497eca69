"""What the demo says to Home Assistant: REST for set-up flows, one websocket for commands and live states."""

import asyncio
from collections.abc import Callable, Mapping
from typing import Any, Self

import aiohttp

from .errors import DemoError

REQUEST_S = 60.0
State = Mapping[str, Any]
"""A state as the websocket gives it: entity_id, state, attributes."""


class AnswerError(DemoError):
    """Home Assistant refused a request, or did not answer it."""


class HomeAssistantClient:
    """A logged-in client. ``states`` follows every entity from connect() on."""

    def __init__(self, session: aiohttp.ClientSession, url: str, token: str) -> None:
        """Take a session, the address without a path, and an access token."""
        self._session = session
        self._url = url
        self._token = token
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._next_id = 1
        self._listeners: list[Callable[[State], None]] = []
        self._changed = asyncio.Event()
        self.states: dict[str, State] = {}

    async def __aenter__(self) -> Self:
        """Connect the websocket and follow the states."""
        self._socket = await self._session.ws_connect(f"{self._url}/api/websocket", max_msg_size=0, heartbeat=30)
        await self._socket.receive_json()
        await self._socket.send_json({"type": "auth", "access_token": self._token})
        answer = await self._socket.receive_json()
        if answer["type"] != "auth_ok":
            raise AnswerError(f"Home Assistant did not let the demo in: {answer}")
        self._reader = asyncio.create_task(self._read(self._socket))
        await self.command("subscribe_events", event_type="state_changed")
        for state in await self.command("get_states"):
            self.states.setdefault(state["entity_id"], state)
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close the websocket."""
        if self._socket is not None:
            await self._socket.close()
        if self._reader is not None:
            await self._reader

    def add_listener(self, listener: Callable[[State], None]) -> None:
        """Call it with every new state."""
        self._listeners.append(listener)

    async def wait_for(self, is_so: Callable[[], bool]) -> None:
        """Return once it is so, which is looked at after every new state."""
        while not is_so():
            self._changed.clear()
            await self._changed.wait()

    async def command(self, command: str, **fields: object) -> Any:
        """Send a websocket command and return its result.

        Raises:
            AnswerError: refused, not answered, or the connection is gone.
        """
        if self._socket is None or self._socket.closed:
            raise AnswerError("the connection to Home Assistant is gone; its log says why")
        number, self._next_id = self._next_id, self._next_id + 1
        future = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        await self._socket.send_json({"id": number, "type": command, **fields})
        try:
            answer = await asyncio.wait_for(future, REQUEST_S)
        except TimeoutError as err:
            raise AnswerError(f"Home Assistant did not answer {command} within {REQUEST_S:g} s") from err
        finally:
            self._waiting.pop(number, None)
        if not answer["success"]:
            raise AnswerError(f"Home Assistant refused {command}: {answer['error'].get('message')}")
        return answer.get("result")

    async def wait_until_running(self) -> None:
        """Return once Home Assistant has started everything.

        Raises:
            AnswerError: it takes too long.
        """
        deadline = asyncio.get_running_loop().time() + REQUEST_S
        while (await self.command("get_config"))["state"] != "RUNNING":
            if asyncio.get_running_loop().time() > deadline:
                raise AnswerError(f"Home Assistant is still starting after {REQUEST_S:g} s")
            await asyncio.sleep(0.2)

    async def call_service(self, domain: str, service: str, **data: object) -> None:
        """Call an action and wait until it is done.

        Raises:
            AnswerError: it failed.
        """
        await self.command("call_service", domain=domain, service=service, service_data=data)

    async def request(self, method: str, path: str, body: object = None) -> Any:
        """The JSON answer of a REST request.

        Raises:
            AnswerError: not answered, or answered with an error status.
        """
        return await request(self._session, method, f"{self._url}{path}", json=body, token=self._token)

    async def configure(self, handler: str, steps: list[Mapping[str, object]]) -> str:
        """Walk through a config flow, one form or menu for each of ``steps``; returns the id of the new entry.

        A flow that is done before all forms were filled is fine: the rest was optional.

        Raises:
            AnswerError: the flow ends otherwise, or shows an error.
        """
        answer = await self.request("POST", "/api/config/config_entries/flow", {"handler": handler})
        for step in steps:
            if answer["type"] not in {"form", "menu"}:
                break
            answer = await self.request("POST", f"/api/config/config_entries/flow/{answer['flow_id']}", step)
        if answer["type"] != "create_entry":
            reason = answer.get("reason") or answer.get("errors") or answer.get("step_id")
            raise AnswerError(f"setting up {handler} ended with {answer['type']}: {reason}")
        return str(answer["result"]["entry_id"])

    async def _read(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        async for message in socket:
            if message.type is aiohttp.WSMsgType.TEXT:
                self._take(message.json())
        for future in self._waiting.values():
            if not future.done():
                future.set_exception(AnswerError("Home Assistant closed the connection; its log says why"))

    def _take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "result":
            future = self._waiting.get(message["id"])
            if future is not None and not future.done():
                future.set_result(message)
        elif message["type"] == "event":
            data = message["event"]["data"]
            if data["new_state"] is None:
                self.states.pop(data["entity_id"], None)
                return
            self.states[data["entity_id"]] = data["new_state"]
            for listener in self._listeners:
                listener(data["new_state"])
            self._changed.set()


async def request(
    session: aiohttp.ClientSession,
    method: str,
    url: str,
    *,
    json: object = None,
    form: Mapping[str, str] | None = None,
    token: str | None = None,
) -> Any:
    """The JSON answer of a request.

    Raises:
        AnswerError: not answered, or answered with an error status.
    """
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    timeout = aiohttp.ClientTimeout(total=REQUEST_S)
    try:
        async with session.request(method, url, json=json, data=form, headers=headers, timeout=timeout) as response:
            if response.status >= 400:
                raise AnswerError(f"{method} {url} was answered with {response.status}: {await response.text()}")
            return await response.json()
    except (aiohttp.ClientError, TimeoutError) as err:
        raise AnswerError(f"{method} {url} was not answered: {err!r}") from err
