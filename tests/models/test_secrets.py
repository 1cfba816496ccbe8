"""What must not come out: keys, headers, LiteLLM's prints, callbacks and calls home."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import litellm
import pytest
from inspect_ai import Task
from inspect_ai import eval as inspect_eval
from inspect_ai.dataset import Sample
from inspect_ai.solver import generate

from inspect_horizon.strategies.budgeted import booked_in, budgeted
from models.asking import KEY, model
from support.server import ChatServer, Fault

if TYPE_CHECKING:
    from pathlib import Path

    from inspect_horizon.budgets.ledger import Ledger

SECRET = "blue-team-token-42"


def evaluate(server: ChatServer, folder: Path, ledger: Ledger) -> bytes:
    """A small evaluation, one call of which fails at first, and all that its logs and its ledger hold."""
    server.faults = [Fault(status=500, headers={"retry-after": "0"})]
    asked = model(server, extra_headers={"Authorization-Extra": SECRET})
    with booked_in(ledger):
        task = Task(dataset=[Sample(input="hi"), Sample(input="ho")], solver=budgeted(generate(), "usd:0.01"))
        (log,) = inspect_eval(task, model=asked, display="none", log_dir=str(folder))
    assert log.status == "success"
    pages = []
    for path in folder.glob("*.eval"):
        with zipfile.ZipFile(path) as archive:
            pages += [archive.read(name) for name in archive.namelist()]
    return b"\n".join([*pages, repr(ledger.calls()).encode()])


def test_neither_the_key_nor_a_header_is_logged_and_nothing_is_printed(
    server: ChatServer, ledger: Ledger, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    written = evaluate(server, tmp_path, ledger)
    assert server.served[0].headers["authorization"] == f"Bearer {KEY}"
    assert server.served[0].headers["authorization-extra"] == SECRET
    assert b"hello there" in written
    assert b"gpt-5-mini" in written
    assert KEY.encode() not in written
    assert b'"authorization"' not in written.lower()
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")


def test_a_raw_call_in_the_log_has_no_header(server: ChatServer, ledger: Ledger, tmp_path: Path) -> None:
    """Inspect logs the user's own `extra_headers` with its options; the request as sent must add nothing to that."""
    evaluate(server, tmp_path, ledger)
    (path,) = tmp_path.glob("*.eval")
    with zipfile.ZipFile(path) as archive:
        samples = b"".join(archive.read(name) for name in archive.namelist() if name.startswith("samples/"))
    calls = samples.split(b'"call"')[1:]
    assert calls
    assert all(SECRET.encode() not in call.split(b'"response"')[0] for call in calls)


def test_litellm_has_no_callbacks_and_does_not_call_home(server: ChatServer, ledger: Ledger, tmp_path: Path) -> None:
    """LiteLLM's route to Gemini adds one named `cache`, which stores nothing where no cache is set."""
    evaluate(server, tmp_path, ledger)
    assert litellm.telemetry is False
    assert litellm.cache is None
    assert {*litellm.success_callback, *litellm.failure_callback, *litellm.callbacks} <= {"cache"}
    assert litellm.suppress_debug_info is True


@pytest.mark.slow
def test_prices_are_the_shipped_ones_and_no_env_file_is_read(tmp_path: Path) -> None:
    """Both are decided when LiteLLM is imported, so before anything imports it."""
    (tmp_path / ".env").write_text("OPENAI_API_KEY=sk-from-a-file\n")
    code = (
        "import inspect_horizon._registry as registry, os, sys; assert 'litellm' not in sys.modules; "
        "registry.litellm; from inspect_horizon.models.provider import LiteLLMAPI; import litellm; "
        "assert os.environ['LITELLM_LOCAL_MODEL_COST_MAP'] == 'True'; "
        "assert 'OPENAI_API_KEY' not in os.environ; print('fine')"
    )
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120
    )
    assert (done.stdout, done.stderr) == ("fine\n", "")
