"""The first API sweep on the other stack: LiteLLM and OpenAI newer than what pip resolves together.

Inspect wants an OpenAI client that the LiteLLM which pip chooses forbids, and the LiteLLM that allows it may ask for
packages that no registry has. People get past this by installing without dependencies, and so does this script, over a
copy of the tests' own environment. `make stack-b` starts it; where the registry lacks a package it says so and ends.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parents[1]
ENVIRONMENT = CHECKOUT / ".venv-b"
REQUIREMENTS = ("litellm==1.109.1", "openai==3.54.0", "httpx2==2.16.2", "httpcore2==2.16.2", "truststore>=0.10")
"""The stack, and what it needs that the copy does not hold."""
PIP = ("-m", "pip", "--no-input", "--disable-pip-version-check")
TESTS = ("tests/models", "tests/sweeps/test_api_sweep.py")
LITELLMS_OWN = "ignore::UserWarning:pydantic._internal._generate_schema"
"""A warning that this LiteLLM causes in pydantic by one of its types."""


def main() -> int:
    """Make the environment if it is not there, then run the tests in it."""
    wheels = ENVIRONMENT / "wheels"
    for requirement in REQUIREMENTS:
        reason = lacking(requirement, wheels)
        if reason is not None:
            print(f"stack B is skipped: pip cannot get {requirement} ({reason})")
            return 0
    python = ENVIRONMENT / "bin" / "python"
    ready = ENVIRONMENT / ".ready"
    if not ready.exists() or ready.read_text().split() != list(REQUIREMENTS):
        make_environment(python, wheels)
        ready.write_text("\n".join(REQUIREMENTS))
    command = [str(python), "-m", "pytest", "-W", LITELLMS_OWN, *sys.argv[1:], *TESTS]
    return subprocess.run(command, cwd=CHECKOUT, check=False).returncode


def lacking(requirement: str, wheels: Path) -> str | None:
    """Why a package cannot be had; None once it lies in the folder."""
    name, _, version = requirement.partition("==")
    if version and list(wheels.glob(f"{name}-{version}-*.whl")):
        return None
    command = [sys.executable, *PIP, "download", "--quiet", "--no-deps", "--dest", str(wheels), requirement]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return None if ended.returncode == 0 else ended.stderr.strip().rpartition("\n")[2]


def make_environment(python: Path, wheels: Path) -> None:
    """A copy of the packages around this script, with the stack's wheels put over it whatever they ask for."""
    venv.create(ENVIRONMENT, with_pip=False)
    packages = Path(sysconfig.get_path("purelib", vars={"base": str(ENVIRONMENT)}))
    shutil.copytree(sysconfig.get_path("purelib"), packages, dirs_exist_ok=True, symlinks=True)
    install = [str(python), *PIP, "install", "--quiet", "--no-deps"]
    subprocess.run([*install, *map(str, wheels.glob("*.whl"))], check=True)
    subprocess.run([*install, "--no-build-isolation", "--force-reinstall", "--editable", str(CHECKOUT)], check=True)


if __name__ == "__main__":
    sys.exit(main())
