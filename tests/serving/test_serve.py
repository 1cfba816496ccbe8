"""`horizon serve` as a process of its own, asked over HTTP and opened in a browser."""

from __future__ import annotations

import os
import signal
import socket
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx
import numpy as np
import pandas as pd
import pytest

from frontier.simulated import Agent
from inspect_horizon.runs import conform, write_tables
from support.browser import browser
from support.study import LONGEST_SECONDS, horizon, start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytest.importorskip("plotly", reason="the extra `report` is not installed")
pytest.importorskip("itables", reason="the extra `report` is not installed")

LONGEST_MS = 1000 * LONGEST_SECONDS


def write_runs(folder: Path, tasks: int) -> Path:
    """A study of two agents with so many tasks each."""
    parts = [
        Agent(plateau_minutes=8.0 * 2.0**number).runs(
            np.random.default_rng(number), tasks=tasks, ladder=True, model=f"acme/model-{number}"
        )
        for number in range(2)
    ]
    write_tables(folder, {"runs": conform(pd.concat(parts, ignore_index=True), "runs")})
    return folder


@contextmanager
def served(folder: Path, *flags: object) -> Iterator[str]:
    """Its address, and at the end the interrupt that a terminal sends."""
    process = start("serve", folder, "--port", 0, "--every", 0.2, "--bootstrap", 0, *flags, cwd=folder.parent)
    assert process.stdout is not None
    try:
        address = process.stdout.readline().strip()
        assert address.startswith("http://"), process.communicate(timeout=LONGEST_SECONDS)
        yield address
    finally:
        os.killpg(process.pid, signal.SIGINT)
        _, err = process.communicate(timeout=LONGEST_SECONDS)
    assert process.returncode == 0, err
    assert "Traceback" not in err, err
    assert "no longer served" in err, err


@pytest.mark.slow
def test_an_open_page_follows_the_study_and_keeps_what_was_chosen(tmp_path: Path) -> None:
    """A damaged table leaves the last page that could be built, and says so; what a page may ask is nobody else's."""
    folder = write_runs(tmp_path / "mine", 24)
    with served(folder) as address, browser() as chromium:
        page = chromium.new_page()
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.goto(address)
        page.locator("#summary", has_text="48 attempts").wait_for(timeout=LONGEST_MS)
        page.check("input[name=unit][value=tokens]")
        page.uncheck("input[name=configuration][value='1']")
        write_runs(folder, 30)
        page.locator("#summary", has_text="60 attempts").wait_for(timeout=LONGEST_MS)
        assert page.is_checked("input[name=unit][value=tokens]")
        assert not page.is_checked("input[name=configuration][value='1']")
        page.locator("#runs .dt-info", has_text="of 60 entries").wait_for(timeout=LONGEST_MS)
        (folder / "runs" / "part-00000.parquet").write_bytes(b"damaged")
        page.locator("#live", has_text="could not be built anew").wait_for(timeout=LONGEST_MS)
        assert "60 attempts" in page.inner_text("#summary")
        assert complaints == []


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with served(write_runs(tmp_path_factory.mktemp("served") / "mine", 12)) as found:
        yield found


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS"])
def test_nothing_can_be_changed(address: str, method: str) -> None:
    assert httpx.request(method, address).status_code == 405


@pytest.mark.parametrize(
    "path", ["/../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/runs/part-00000.parquet", "//etc/passwd", "/logs/"]
)
def test_no_file_can_be_reached(address: str, path: str) -> None:
    """The path is sent as it stands, which a client would tidy up."""
    url = httpx.URL(address)
    with socket.create_connection((url.host, url.port), timeout=LONGEST_SECONDS) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: {url.netloc.decode()}\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: line.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404"), answer[:200]
    assert b"root:" not in answer


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("evil.example", 421), ("evil.example:80", 421), ("127.0.0.1.evil.example", 421), ("192.0.2.1", 421),
        ("", 421), ("[", 421), ("localhost", 200), ("127.0.0.1:1", 200), ("[::1]:80", 200),
    ],
)  # fmt: skip
def test_only_who_asks_by_a_name_of_this_machine_is_answered(address: str, host: str, status: int) -> None:
    """A page elsewhere can make its own name lead here, and would read the study under it."""
    assert httpx.get(address, headers={"Host": host}).status_code == status


def test_every_answer_says_what_a_page_may_do(address: str) -> None:
    for path in ("", "state", "nothing"):
        headers = httpx.get(address + path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        policy = dict(rule.strip().split(" ", 1) for rule in headers["content-security-policy"].split(";"))
        assert policy["default-src"] == "'none'"
        assert policy["connect-src"] == "'self'"
    assert httpx.head(address).content == b""


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("nowhere",), "nowhere does not exist"),
        (("empty",), "empty holds no runs and no sweep"),
        (("mine", "--host", "0.0.0.0"), "--allow-remote"),
        (("mine", "--host", "no.such.name.invalid"), "is no address of this machine"),
    ],
)
def test_what_cannot_be_served_is_said_to_people(tmp_path: Path, flags: tuple[str, ...], said: str) -> None:
    (tmp_path / "empty").mkdir()
    if "mine" in flags:
        write_runs(tmp_path / "mine", 4)
    ended = horizon("serve", *flags, "--port", 0, cwd=tmp_path)
    assert ended.code in (1, 2), ended
    assert said in ended.err, ended
    assert "fix:" in ended.err
    assert "Traceback" not in ended.err


def test_a_port_that_is_taken_is_named(tmp_path: Path) -> None:
    write_runs(tmp_path / "mine", 4)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        ended = horizon("serve", "mine", "--port", taken.getsockname()[1], cwd=tmp_path)
    assert ended.code == 2
    assert "is taken" in ended.err
    assert "--port 0" in ended.err


@pytest.mark.slow
def test_a_sweep_is_followed_from_its_logs(tmp_path: Path) -> None:
    """What is said is what `horizon watch` says; the report is made from logs, and the folder stays as it was."""
    done = horizon(
        *("sweep", "--yes", "--suite", "ledger", "--model", "embedded/clerk-small", "--limit", 2),
        *("--budgets", "usd:0.05", "--to", "out"), cwd=tmp_path,
    )  # fmt: skip
    assert done.code == 0, done
    tables = sorted((tmp_path / "out").glob("*/part-*.parquet"))
    for table in tables:
        table.unlink()
    with served(tmp_path / "out") as address, httpx.Client(base_url=address, timeout=LONGEST_SECONDS) as client:
        state = _state_with(client, "version")
        watched: dict[str, Any] = state["sweep"]
        assert (watched["done"], watched["planned"]) == (2, 2)
        assert watched["state"].startswith("complete")
        assert "2 of 2 done" in dict(watched["said"])["runs"]
        assert "packed-data" in client.get("/").text
    assert sorted((tmp_path / "out").glob("*/part-*.parquet")) == []


def _state_with(client: httpx.Client, name: str) -> dict[str, Any]:
    """The first state that has it, asked for at most so many times."""
    for _ in range(2000):
        state: dict[str, Any] = client.get("/state").json()
        if state[name] is not None:
            return state
        assert state["problem"] is None, state
    raise AssertionError(f"no {name}")
