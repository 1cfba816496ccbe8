"""Environments that hold an install of this project and nothing of the checkout that the tests run from."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[2]
LONGEST_SECONDS = 120.0
LONGEST_INSTALL_SECONDS = 900.0


@dataclass(frozen=True, slots=True)
class Environment:
    """A virtual environment, used as a user would: by the commands in its `bin`."""

    folder: Path

    @property
    def site(self) -> Path:
        """Where its packages are."""
        return Path(sysconfig.get_path("purelib", vars={"base": str(self.folder)}))

    def install(self, *what: str) -> None:
        """Let pip install something."""
        python = str(self.folder / "bin" / "python")
        run([*PIP, "--python", python, "install", "--quiet", "--no-compile", *what], seconds=LONGEST_INSTALL_SECONDS)

    def command(self, name: str, *arguments: str, cwd: Path) -> str:
        """What one of its commands prints, when it is run in a folder and ends well."""
        return run([str(self.folder / "bin" / name), *arguments], cwd=cwd)


PIP = (sys.executable, "-m", "pip", "--no-input", "--disable-pip-version-check")


def empty_environment(folder: Path) -> Environment:
    """One with nothing in it."""
    venv.create(folder, with_pip=False)
    return Environment(folder)


def environment_without_us(folder: Path) -> Environment:
    """One that sees every package of the tests' own environment by a link, but no install of this project."""
    environment = empty_environment(folder)
    links = folder / "links"
    links.mkdir()
    for entry in Path(sysconfig.get_path("purelib")).iterdir():
        if not entry.name.lstrip("_").startswith("inspect_horizon") and entry.suffix != ".pth":
            (links / entry.name).symlink_to(entry)
    (environment.site / "links.pth").write_text(f"{links}\n")
    return environment


def build_wheel(folder: Path) -> Path:
    """The wheel that pip makes of the checkout."""
    run([*PIP, "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(folder), str(CHECKOUT)])
    (wheel,) = folder.glob("*.whl")
    return wheel


def run(command: list[str], *, cwd: Path | None = None, seconds: float = LONGEST_SECONDS) -> str:
    """Standard output of a command that ends well, without what a developer's shell or these tests set for Python."""
    hidden = ("PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "INSPECT_LOG_DIR", "COLUMNS")
    kept = {name: value for name, value in os.environ.items() if name not in hidden and not name.endswith("_API_KEY")}
    ended = subprocess.run(command, cwd=cwd, env=kept, capture_output=True, text=True, timeout=seconds, check=False)
    assert ended.returncode == 0, f"{' '.join(command)}\n{ended.stdout}\n{ended.stderr}"
    return ended.stdout
