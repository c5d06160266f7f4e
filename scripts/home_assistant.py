"""A real Home Assistant for demonstrations, tests and benchmarks, on loopback only."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
import json
import os
from pathlib import Path
import shutil
import signal
import subprocess
import sys
import time
from typing import Any, Self
import urllib.error
import urllib.request

REPOSITORY = Path(__file__).resolve().parent.parent
USER, PASSWORD = "demo", "demo-house-1"

CONFIGURATION = """\
homeassistant:
  name: {name}
  latitude: 52.52
  longitude: 13.4
  elevation: 34
  unit_system: metric
  currency: EUR
  country: DE
  language: {language}
  time_zone: {time_zone}
frontend:
recorder:
  commit_interval: 1
history:
logbook:
energy:
config:
input_number: !include input_number.yaml
logger:
  default: warning
  logs:
    custom_components.nebenkosten: info
"""


class HomeAssistantError(RuntimeError):
    """Home Assistant did not do what was asked."""


def prepare(
    folder: Path,
    port: int,
    *,
    time_zone: str = "Europe/Berlin",
    language: str = "en",
    input_number: str = "{}",
) -> None:
    """Lay out a configuration with our integration, a user and a token."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "configuration.yaml").write_text(
        CONFIGURATION.format(name="Nebenkosten", language=language, time_zone=time_zone)
    )
    (folder / "input_number.yaml").write_text(input_number + "\n")
    components = folder / "custom_components"
    components.mkdir(exist_ok=True)
    link = components / "nebenkosten"
    if not link.exists():
        link.symlink_to(REPOSITORY / "custom_components" / "nebenkosten")
    if not (folder / "demo-token").exists():
        _in_own_process("seed", folder, str(port))
    _stub_ffmpeg(folder)


def _in_own_process(step: str, *arguments: object) -> None:
    """Run a step of this file in an interpreter of its own."""
    subprocess.run(
        [sys.executable, __file__, step, *map(str, arguments)],
        check=True,
        env=_environment(),
    )


def _environment() -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    return kept | {"UV_SYSTEM_CERTS": "1"}


def _stub_ffmpeg(folder: Path) -> None:
    """Home Assistant asks ffmpeg for its version at start, and nothing else here."""
    stub = folder / ".bin" / "ffmpeg"
    if shutil.which("ffmpeg") is None and not stub.exists():
        stub.parent.mkdir(exist_ok=True)
        stub.write_text('#!/bin/sh\necho "ffmpeg version 6.0-stub"\n')
        stub.chmod(0o755)


class Server:
    """A Home Assistant process and a client for it."""

    def __init__(
        self, folder: Path, port: int, python: str | Path = sys.executable
    ) -> None:
        """Belong to a prepared folder; `python` decides which release it is."""
        self.folder = folder
        self._python = python
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self.process: subprocess.Popen[bytes] | None = None
        self.patience = 600.0
        self.environment: dict[str, str] = {}
        self.log = folder / "home-assistant.log"

    @property
    def token(self) -> str:
        """Return the long-lived token of the user."""
        return (self.folder / "demo-token").read_text().strip()

    def start(self, *, timeout: float = 300) -> Self:
        """Start the process and wait until everything is set up."""
        self.launch()
        return self.wait_running(timeout)

    def launch(self) -> None:
        """Start the process."""
        environment = _environment()
        # Our own folder must not be found in place of the configuration's.
        environment.pop("PYTHONPATH", None)
        environment["PATH"] = f"{self.folder / '.bin'}:{environment['PATH']}"
        environment |= self.environment
        with (self.folder / "stdout.log").open("ab") as output:
            self.process = subprocess.Popen(
                [
                    *(self._python, "-m", "homeassistant", "-c", str(self.folder)),
                    *("--skip-pip", "--log-file", str(self.log)),
                ],
                stdout=output,
                stderr=output,
                env=environment,
                cwd=self.folder,
                start_new_session=True,
            )

    def wait_running(self, timeout: float) -> Self:
        """Wait until everything is set up."""
        deadline = time.monotonic() + timeout
        while time.monotonic() < deadline:
            if self.process is None or self.process.poll() is not None:
                raise HomeAssistantError(f"it ended at once, see {self.log}")
            with suppress(urllib.error.URLError, OSError, ValueError):
                if self.get("/api/config")["state"] == "RUNNING":
                    return self
            time.sleep(0.1)
        raise HomeAssistantError(f"it did not start within {timeout:.0f} s")

    def stop(self) -> None:
        """End the process in order."""
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(60)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def kill(self) -> None:
        """End the process at once, as a power cut would."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def get(self, path: str) -> Any:
        """Return what a GET answers."""
        return self._request("GET", path, None)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        """Return what a POST answers."""
        return self._request("POST", path, data)

    def act(self, action: str, **data: Any) -> Any:
        """Return an action's response."""
        path = f"/api/services/nebenkosten/{action}?return_response"
        return self.post(path, data)["service_response"]

    def _request(self, method: str, path: str, data: dict[str, Any] | None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            None if data is None else json.dumps(data).encode(),
            {
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=self.patience) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            with error:
                raise HomeAssistantError(error.read().decode()) from error

    def websocket(self, *messages: dict[str, Any]) -> list[Any]:
        """Return the results of websocket commands, in order."""
        return asyncio.run(self._websocket(messages))

    async def _websocket(self, messages: tuple[dict[str, Any], ...]) -> list[Any]:
        import aiohttp

        results = []
        async with (
            aiohttp.ClientSession() as session,
            session.ws_connect(f"{self.url}/api/websocket", max_msg_size=0) as socket,
        ):
            await socket.receive_json()
            await socket.send_json({"type": "auth", "access_token": self.token})
            await socket.receive_json()
            for number, message in enumerate(messages, 1):
                await socket.send_json({"id": number, **message})
                answer = await socket.receive_json()
                if not answer["success"]:
                    raise HomeAssistantError(str(answer["error"]))
                results.append(answer["result"])
        return results

    def entry_id(self) -> str | None:
        """Return the id of our house, if it is set up."""
        entries = self.get("/api/config/config_entries/entry?domain=nebenkosten")
        return entries[0]["entry_id"] if entries else None

    def upload(self, path: Path) -> str:
        """Give a file to a form; returns the id that stands for it."""
        return asyncio.run(self._upload(path.name, path.read_bytes()))

    async def _upload(self, name: str, content: bytes) -> str:
        import aiohttp

        form = aiohttp.FormData()
        form.add_field("file", content, filename=name)
        headers = {"Authorization": f"Bearer {self.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.post(f"{self.url}/api/file_upload", data=form) as answer,
        ):
            return str((await answer.json())["file_id"])

    def add_house(
        self,
        temperature: str | None = None,
        influxdb: dict[str, Any] | None = None,
        files: Mapping[str, Path] | None = None,
        media: dict[str, str] | None = None,
    ) -> str:
        """Set the house up through its real flow and return its entry's id.

        With `influxdb`, the form of version 1, it is connected with that server; with
        `files` (meters, patterns, config) their meters are taken over, `media` answers
        what flows through those (by key) that the files say nothing of.
        """
        base = "/api/config/config_entries/flow"
        options: dict[str, Any] = {"run_time": "03:30:00"}
        options |= {"temperature": temperature} if temperature else {}
        answers = [options]
        if files:
            options["import"] = True
            uploads = {name: self.upload(path) for name, path in files.items()}
            answers += [uploads, media or {}]
        if influxdb is not None:
            options["connect"] = ["influxdb"]
            answers += [{"next_step_id": "influxdb_v1"}, influxdb]
        flow = self.post(base, {"handler": "nebenkosten"})
        for answer in answers:
            done = self.post(f"{base}/{flow['flow_id']}", answer)
        if done.get("step_id") == "create_place":
            done = self.post(f"{base}/{flow['flow_id']}", {})
        if done["type"] != "create_entry":
            raise HomeAssistantError(str(done))
        return str(done["result"]["entry_id"])

    def add_meter(self, entry_id: str, form: dict[str, Any]) -> None:
        """Add a meter through its real flow."""
        base = "/api/config/config_entries/subentries/flow"
        flow = self.post(base, {"handler": [entry_id, "physical_meter"]})
        done = self.post(f"{base}/{flow['flow_id']}", form)
        if done["type"] != "create_entry":
            raise HomeAssistantError(f"{form['name']}: {done.get('errors')}")

    def wait_loaded(self, entry_id: str, timeout: float = 180) -> None:
        """Wait until reloads after new meters are over."""
        deadline = time.monotonic() + timeout
        calm = 0
        while time.monotonic() < deadline:
            entries = self.get("/api/config/config_entries/entry?domain=nebenkosten")
            loaded = [e["state"] for e in entries if e["entry_id"] == entry_id]
            calm = calm + 1 if loaded == ["loaded"] else 0
            if calm == 3:
                return
            time.sleep(0.1)
        raise HomeAssistantError(f"the house is not loaded: {entries}")


def seed(folder: Path, port: int) -> None:
    """Write a stable HTTP setting, skip onboarding, make a user and a token."""
    from homeassistant.util import dt as dt_util

    def put(key: str, version: int, minor: int, data: dict[str, Any]) -> None:
        path = folder / ".storage" / key
        path.parent.mkdir(exist_ok=True)
        content = {"version": version, "minor_version": minor, "key": key, "data": data}
        path.write_text(json.dumps(content))

    stable = {
        "server_host": ["127.0.0.1"],
        "server_port": port,
        "cors_allowed_origins": [],
        "login_attempts_threshold": -1,
        "ip_ban_enabled": False,
        "ssl_profile": "modern",
        "use_x_frame_options": True,
        "created_at": dt_util.utcnow().isoformat(),
        "error": None,
        "error_message": None,
    }
    http = {"stable": stable, "pending": None, "yaml_migration_done": True}
    put("http", 2, 2, http)
    done = ["user", "core_config", "analytics", "integration"]
    put("onboarding", 4, 1, {"done": done})
    analytics = {"onboarded": True, "preferences": {}, "uuid": None}
    put("core.analytics", 1, 1, analytics)
    token = asyncio.run(_user(folder))
    path = folder / "demo-token"
    path.touch(mode=0o600)
    path.write_text(token + "\n")


async def _user(folder: Path) -> str:
    from homeassistant.auth import auth_manager_from_config
    from homeassistant.auth.const import GROUP_ID_ADMIN
    from homeassistant.auth.models import TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN
    from homeassistant.auth.providers.homeassistant import HassAuthProvider
    from homeassistant.config_entries import ConfigEntries
    from homeassistant.core import HomeAssistant
    from homeassistant.helpers import device_registry as dr, entity_registry as er

    hass = HomeAssistant(str(folder))
    hass.config_entries = ConfigEntries(hass, {})
    await hass.config_entries.async_initialize()
    dr.async_setup(hass)
    await asyncio.gather(dr.async_load(hass), er.async_load(hass))
    hass.auth = await auth_manager_from_config(hass, [{"type": "homeassistant"}], [])
    provider = hass.auth.auth_providers[0]
    if not isinstance(provider, HassAuthProvider):
        raise TypeError("the password provider is missing")
    await provider.async_initialize()
    if provider.data is None:
        raise TypeError("the password store is missing")
    provider.data.add_auth(USER, PASSWORD)
    await provider.data.async_save()
    user = await hass.auth.async_create_user("Demo", group_ids=[GROUP_ID_ADMIN])
    credentials = await provider.async_get_or_create_credentials({"username": USER})
    await hass.auth.async_link_user(user, credentials)
    refresh = await hass.auth.async_create_refresh_token(
        user,
        client_name="demo",
        token_type=TOKEN_TYPE_LONG_LIVED_ACCESS_TOKEN,
        access_token_expiration=timedelta(days=3650),
    )
    token = hass.auth.async_create_access_token(refresh)
    await hass.async_stop(force=True)  # writes .storage/auth now
    return token


if __name__ == "__main__":
    import logging

    logging.disable(logging.ERROR)
    seed(Path(sys.argv[2]), int(sys.argv[3]))
