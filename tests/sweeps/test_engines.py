"""What is asked of an engine is refused before anything is spent, with the way out."""

from __future__ import annotations

import re
import shlex
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from inspect_horizon.sweeps.engines.cells import flushed_every
from support.study import LITELLMS_OWN, command, environment

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
LOGS_WRITTEN = 500
GUIDE = Path(__file__).resolve().parents[2] / "docs" / "scaling.md"
ATOMS = ("sweep", "--suite", "atoms", "--model", "embedded/clerk-small", "--budgets", "usd:0.01", "--limit", 2)
WITHOUT_RAY = """
import sys
from importlib.machinery import PathFinder

class Hidden(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        return None if name.partition(".")[0] == "ray" else super().find_spec(name, path, target)

sys.meta_path = [Hidden if finder is PathFinder else finder for finder in sys.meta_path]
from inspect_horizon.cli import main
main()
"""


@given(runs=st.integers(1, 1_000_000))
def test_a_log_of_any_length_is_written_so_often_at_most_and_a_short_one_run_by_run(runs: int) -> None:
    together = flushed_every(runs)
    assert runs / together <= LOGS_WRITTEN
    assert (together == 1) == (runs <= LOGS_WRITTEN)


@pytest.mark.slow
def test_without_ray_the_local_engine_works_and_the_other_says_what_to_install(tmp_path: Path) -> None:
    def run(*more: str) -> subprocess.CompletedProcess[str]:
        words = [sys.executable, "-c", WITHOUT_RAY, *map(str, ATOMS), "--workers", "1", *more]
        return subprocess.run(words, cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False)

    refused = run("--engine", "ray")
    assert refused.returncode == 2, refused.stderr
    assert "fix: pip install 'inspect-horizon[ray]'" in refused.stderr
    assert "Traceback" not in refused.stderr
    done = run()
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize(
    ("flags", "said"),
    [
        (("--address", "auto"), "pass --engine ray with it"),
        (("--engine", "ray", "--address", "ray://127.0.0.1:10001"), "run horizon on a machine of the cluster"),
        (("--engine", "ray", "--address", "somewhere"), "write auto or HOST:PORT"),
        (("--engine", "ray", "--address", "127.0.0.1:x"), "no Ray cluster answers at 127.0.0.1:x"),
        (("--engine", "slurm"), "'slurm' is not one of 'local', 'ray'"),
    ],
)
def test_an_engine_that_cannot_be_reached_is_refused(
    flags: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ended = command(*ATOMS, *flags)
    assert ended.code == 2, ended
    assert said in ended.err
    assert not (tmp_path / "results").exists()


def test_an_address_where_nothing_listens_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    ended = command(*ATOMS, "--engine", "ray", "--address", f"127.0.0.1:{port}")
    assert ended.code == 2, ended
    assert "start one with `ray start --head`" in ended.err


def test_the_plain_command_of_a_cell_is_the_one_that_the_guide_shows() -> None:
    """For whoever hands cells to Slurm or Kubernetes: word for word what `horizon plan --commands` prints."""
    blocks = re.findall(r"```bash\n(.*?)```", GUIDE.read_text(), re.DOTALL)
    text = next(text for text in blocks if "inspect eval" in text).replace("\\\n", " ")
    shown = shlex.split(text, comments=True)
    start = shown.index("inspect")
    assert (shown[1], shown[start + 1]) == ("plan", "eval")
    ended = command(*shown[1:start])
    assert ended.code == 0, ended
    assert shlex.split(ended.out) == shown[start:]
