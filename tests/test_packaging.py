"""What `pip install inspect-horizon` gives: from a real wheel, and from a real editable install."""

from __future__ import annotations

import json
import subprocess
import zipfile
from pathlib import Path

import pytest
from inspect_ai.log import read_eval_log

from support.installs import CHECKOUT, PIP, Environment, build_wheel, empty_environment, environment_without_us

HOMES = {"harness/inspect_horizon": "", "tasks": "_builtin/tasks", "budgets": "_builtin/budgets"}
"""Folders of the checkout, and where in the package a wheel holds them."""
WHERE = """
import json, inspect_horizon
from inspect_horizon._builtin import BUDGETS, TASKS
from inspect_horizon._builtin.tasks.ledger import families
from inspect_horizon.budgets import built_in_grids
from inspect_horizon.suites import find_suites
suites = {name: len(found.get().tasks) for name, found in find_suites().items()}
places = [inspect_horizon.__file__, str(TASKS), str(BUDGETS), families.__file__]
print(json.dumps({"places": places, "suites": suites, "grids": sorted(built_in_grids())}))
"""
SWEEP = ("sweep", "--suite", "atoms", "--model", "embedded/clerk-small", "--budgets", "usd:0.02", "--limit", "3")
CELL = ("eval", "inspect_horizon/cell", "--model", "litellm/embedded/clerk-small", "--display", "plain")
CELL_ARGUMENTS = ("-T", "suite=ledger", "-T", "budget=usd:0.08", "-T", "limit=2", "--log-dir", "logs")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_wheel(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def from_wheel(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = environment_without_us(tmp_path_factory.mktemp("from_wheel"))
    environment.install("--no-deps", str(wheel))
    return environment


@pytest.fixture(scope="module")
def editable(tmp_path_factory: pytest.TempPathFactory) -> Environment:
    environment = environment_without_us(tmp_path_factory.mktemp("editable"))
    environment.install("--no-deps", "--no-build-isolation", "--editable", str(CHECKOUT))
    return environment


def test_wheel_holds_every_file_of_the_package_and_nothing_else(wheel: Path) -> None:
    """Task code, YAML, JSON lines and READMEs go along; tests, results and byte code stay behind."""
    expected = {
        str(Path("inspect_horizon", home, file.relative_to(CHECKOUT / folder)))
        for folder, home in HOMES.items()
        for file in (CHECKOUT / folder).rglob("*")
        if file.is_file() and file.suffix != ".pyc"
    }
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    metadata = {name for name in names if name.split("/")[0].endswith(".dist-info")}
    assert names - metadata == expected
    assert {"suite.yaml", "tasks.jsonl", "README.md", "craft.py"} <= {
        name.removeprefix("inspect_horizon/_builtin/tasks/ledger/") for name in expected
    }
    assert any(name.endswith("licenses/LICENSE") for name in metadata)


def test_wheel_installs_no_import_name_but_its_own(from_wheel: Environment) -> None:
    """A stray `tasks` or `budgets` at the top level would break other people's imports."""
    assert _import_names(from_wheel) == {"inspect_horizon"}


def test_editable_install_offers_no_import_name_but_its_own(editable: Environment) -> None:
    """Its path file points at the source root, and whatever stands there can be imported."""
    (root,) = {Path(line) for file in editable.site.glob("*horizon*.pth") for line in file.read_text().split()}
    assert root == CHECKOUT / "harness"
    assert {entry.name for entry in root.iterdir()} - {"__pycache__"} == {"inspect_horizon"}
    assert _import_names(editable) == set()


def test_wheel_finds_its_suites_and_grids(from_wheel: Environment, tmp_path: Path) -> None:
    """From its own folder, which no checkout is near."""
    found = json.loads(from_wheel.command("python", "-c", WHERE, cwd=tmp_path))
    assert all(Path(place).is_relative_to(from_wheel.site) for place in found["places"]), found["places"]
    assert found["suites"]["ledger"] >= 32
    assert found["suites"]["atoms"] >= 48
    assert {"demo", "ratio", "tokens"} <= set(found["grids"])


def test_editable_install_finds_the_suites_and_grids_of_the_checkout(editable: Environment, tmp_path: Path) -> None:
    """They stand at its top level, where people look for them."""
    found = json.loads(editable.command("python", "-c", WHERE, cwd=tmp_path))
    wanted = ["harness/inspect_horizon/__init__.py", "tasks", "budgets", "tasks/ledger/families.py"]
    assert [Path(place) for place in found["places"]] == [CHECKOUT / place for place in wanted]
    assert {"ledger", "atoms"} <= set(found["suites"])
    assert {"demo", "ratio", "tokens"} <= set(found["grids"])


@pytest.mark.parametrize("kind", ["from_wheel", "editable"])
def test_command_plans_a_sweep_from_an_empty_folder(kind: str, request: pytest.FixtureRequest, tmp_path: Path) -> None:
    """Suites and grids are found by name, wherever the command is run."""
    environment: Environment = request.getfixturevalue(kind)
    assert "sweep" in environment.command("horizon", "--help", cwd=tmp_path)
    planned = json.loads(environment.command("horizon", "plan", "--json", cwd=tmp_path))
    assert {cell["suite"] for cell in planned["cells"]} == {"ledger", "atoms"}
    assert list(tmp_path.iterdir()) == []


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["from_wheel", "editable"])
def test_inspect_finds_provider_and_task_by_their_entry_point(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """`inspect eval` knows both names only from the package's metadata."""
    environment: Environment = request.getfixturevalue(kind)
    environment.command("python", "-m", "inspect_ai", *CELL, *CELL_ARGUMENTS, cwd=tmp_path)
    (log,) = (tmp_path / "logs").iterdir()
    header = read_eval_log(str(log), header_only=True)
    assert header.status == "success"
    assert header.eval.task_registry_name == "inspect_horizon/cell"
    assert header.eval.model == "litellm/embedded/clerk-small"
    assert header.results is not None
    assert header.results.completed_samples == 2


@pytest.mark.slow
def test_editable_install_sweeps_and_draws(editable: Environment, tmp_path: Path) -> None:
    _sweep_and_draw(editable, tmp_path)


@pytest.mark.slow
def test_wheel_with_what_pip_resolves_sweeps_and_draws(wheel: Path, tmp_path: Path) -> None:
    """An empty environment: whatever the metadata forgets to ask for is not there."""
    _need_registry(tmp_path / "probe")
    environment = empty_environment(tmp_path / "environment")
    environment.install(str(wheel))
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    assert "frontier" in environment.command("horizon", "--help", cwd=elsewhere)
    _sweep_and_draw(environment, elsewhere)


def _sweep_and_draw(environment: Environment, folder: Path) -> None:
    swept = environment.command("horizon", *SWEEP, "--yes", cwd=folder)
    assert "runs      3 of 3" in swept
    results = Path("results", "atoms-clerk-small")
    table = environment.command("horizon", "frontier", str(results), cwd=folder)
    assert "clerk-small" in table
    assert (folder / results / "frontier.png").stat().st_size > 10_000
    assert {entry.name for entry in folder.iterdir()} == {"results"}


def _import_names(environment: Environment) -> set[str]:
    """What an install has put where Python looks for modules."""
    modules = (entry for entry in environment.site.iterdir() if entry.suffix not in (".pth", ".dist-info"))
    return {module.stem for module in modules}


def _need_registry(folder: Path) -> None:
    """Skip where pip reaches no registry, and only there: a package that cannot be resolved is a failure."""
    probe = subprocess.run(
        [*PIP, "download", "--quiet", "--no-deps", "--retries", "1", "--dest", str(folder), "click"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if probe.returncode != 0:
        pytest.skip(f"pip reaches no package registry: {probe.stderr.strip().splitlines()[-1:]}")
