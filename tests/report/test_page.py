"""`horizon report`, opened in a browser from disk with the network off."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from frontier.simulated import BUDGETS_USD, Agent
from inspect_horizon.runs import conform, write_tables
from support.browser import browser, opened, settled
from support.study import environment, horizon

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support.browser import Opened

pytest.importorskip("plotly", reason="the extra `report` is not installed")
pytest.importorskip("itables", reason="the extra `report` is not installed")

LARGEST_BYTES = 6_000_000
HOSTILE = (
    "<script>window.hacked = 1</script>",
    "</script><script>window.hacked = 2</script>",
    '<img src=x onerror="window.hacked = 3"> & &amp; "quotes" \'and\' `ticks`',
    "\u202eright to left\u202c עברית العربية",
    "👩‍👩‍👧‍👦 emoji \U0001f600",
    "{{data}} ${window.hacked = 4} {% raw %}",
    "x" * 1_000_000,
)
REPLICATES = "40"


def study(folder: Path, *, models: int = 3, tasks: int = 48, copies: int = 1) -> Path:
    """Ladders of so many agents, the first of which gives hostile answers and has a hostile name."""
    names = ["acme/<b>bold</b>&amp;", *(f"acme/model-{number}" for number in range(1, models))]
    runs = pd.concat(
        [_ladders(name, number, tasks, copy) for number, name in enumerate(names) for copy in range(copies)],
        ignore_index=True,
    )
    runs = runs.assign(
        suite="words", suite_version="1", working_seconds=10 * runs["human_minutes"], scorer_usd=0.001,
        wasted_usd=0.002, input_tokens=(1e5 * runs["cost_usd"]).astype(int) + 1, output_tokens=7, cache_read_tokens=0,
        cache_write_tokens=0, human_cost_usd=runs["human_minutes"], price_source="list 2026-01-01",
    )  # fmt: skip
    answers = [HOSTILE[place] if place < len(HOSTILE) else f"answer {place}" for place in range(len(runs))]
    checkpoints = pd.concat([_at_rung(runs, rung, answers) for rung in BUDGETS_USD], ignore_index=True)
    write_tables(folder, {"runs": conform(runs, "runs"), "checkpoints": conform(checkpoints, "checkpoints")})
    return folder


def _ladders(name: str, number: int, tasks: int, copy: int) -> pd.DataFrame:
    agent = Agent(plateau_minutes=8.0 * 2.0**number, usd_per_minute=0.01 * 1.5**number)
    runs = agent.runs(np.random.default_rng([number, copy]), tasks=tasks, ladder=True, model=name)
    return runs.assign(run_id=[f"{run}/{copy}" for run in runs["run_id"]], epoch=copy + 1)


def _at_rung(runs: pd.DataFrame, rung: float, answers: list[str]) -> pd.DataFrame:
    within = runs["cost_usd"] <= rung
    return pd.DataFrame(
        {
            "run_id": runs["run_id"], "rung_kind": "usd", "rung_amount": rung,
            "spent_usd": runs["cost_usd"].clip(upper=rung),
            "success": runs["success"] & within, "how": "final", "answer": pd.Series(answers).where(within),
        }
    )  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with its report, made by the command."""
    made = study(tmp_path_factory.mktemp("studies") / "mine")
    done = horizon("report", "mine", "--bootstrap", REPLICATES, cwd=made.parent)
    assert done.code == 0, done
    assert done.out == "mine/report.html\n"
    return made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    with browser() as found:
        yield found


@pytest.fixture
def shown(folder: Path, chromium: Any) -> Iterator[Opened]:
    """The report; whatever a test does with it, it neither complains nor asks for anything."""
    with opened(chromium, folder / "report.html") as page:
        yield page
        assert page.complaints == []
        assert [url for url in page.asked_for if not url.startswith(("file:", "blob:", "data:"))] == []
        assert page.page.evaluate("window.hacked") is None


def numbers(page: Any, figure: str) -> list[list[str]]:
    """The cells of a figure's table: the number where there is one, else the text."""
    settled(page)
    rows: list[list[str]] = page.evaluate(
        """(figure) => [...document.querySelectorAll(`#figure-${figure} + details tbody tr`)].map((row) =>
            [...row.cells].map((cell) => cell.querySelector("data")?.value ?? cell.textContent))""",
        figure,
    )
    return rows


def drawn(page: Any, figure: str) -> str:
    """What a figure plots."""
    settled(page)
    plotted: str = page.evaluate(
        "(figure) => JSON.stringify((document.querySelector(`#figure-${figure} .plot`).data ?? [])"
        ".map(({x, y}) => [x, y]))",
        figure,
    )
    return plotted


def same(text: str, value: float | None) -> bool:
    return text == "" if value is None else float(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.slow
def test_figures_and_tables_hold_the_numbers_of_the_frontier(shown: Opened, folder: Path) -> None:
    """Cell by cell those of `horizon frontier --json`, and every horizon with a number is a point of the figure."""
    for kind, quantile in (("usd", 0.5), ("tokens", 0.8), ("cost_ratio", 0.5)):
        _compare(shown, folder, kind, quantile)


def _compare(shown: Opened, folder: Path, kind: str, quantile: float) -> None:
    asked = ("--kind", kind, "--quantile", str(quantile), "--bootstrap", REPLICATES, "--json", "--no-plot")
    done = horizon("frontier", folder, *asked, cwd=folder)
    expected = json.loads(done.out)["curves"]
    shown.page.check(f"input[name=unit][value={kind}]")
    shown.page.check(f"input[name=rate][value='{quantile}']")
    rows = numbers(shown.page, "frontier")
    assert len(rows) == len(expected)
    fields = ("budget_amount", "horizon_minutes", "ci_low", "ci_high", "cost_ratio", "n_runs", "n_success")
    for row, own in zip(rows, expected, strict=True):
        assert row[0] == own["model"]
        assert all(same(cell, own[field]) for cell, field in zip(row[1:], fields, strict=False)), (row, own)
        assert row[-1] == (", ".join(own["flags"]) or "–")
    plotted = {y for _, ys in json.loads(drawn(shown.page, "frontier")) for y in ys}
    assert {own["horizon_minutes"] for own in expected if own["horizon_minutes"]} <= plotted


def test_every_switch_changes_its_figures(shown: Opened) -> None:
    """Slopes alone are the same at every success rate, where budgets share one slope."""
    page = shown.page
    for switch, figures in (
        ("input[name=unit][value=tokens]", ("frontier", "lengths", "shape")),
        ("input[name=rate][value='0.8']", ("frontier", "ratio")),
        ("input[name=by][value=task]", ("spend",)),
    ):
        before = [drawn(page, figure) for figure in figures]
        page.check(switch)
        assert all(drawn(page, figure) != old for figure, old in zip(figures, before, strict=True)), switch
    for figure in ("frontier", "ratio", "shape"):
        page.check("input[name=configuration][value='1']")
        before_one = drawn(page, figure)
        page.uncheck("input[name=configuration][value='1']")
        assert drawn(page, figure) != before_one
    before_lengths = drawn(page, "lengths")
    page.select_option("#length-of", "2")
    assert drawn(page, "lengths") != before_lengths


def test_any_two_configurations_are_taken_apart(shown: Opened, folder: Path) -> None:
    """As `horizon decompose` takes them apart."""
    page, seen = shown.page, set()
    for before, after in ((0, 1), (1, 0), (1, 2), (0, 2)):
        page.select_option("#before", str(before))
        page.select_option("#after", str(after))
        seen.add(json.dumps(numbers(page, "decomposition")))
    assert len(seen) == 4
    chosen = ("--from", "acme/<b>", "--to", "model-2", "--bootstrap", REPLICATES, "--json", "--no-plot")
    told = json.loads(horizon("decompose", folder, *chosen, cwd=folder).out)
    names = ("budget", "size", "share", "efficiency", "inference_scaling", "price")
    for row, name in zip(numbers(page, "decomposition"), names, strict=True):
        assert same(row[1], told[name]["doublings"])
    page.select_option("#before", "2")
    settled(page)
    assert "Choose two configurations" in page.inner_text("#decomposition figcaption")


def test_the_table_is_searched_and_sorted(shown: Opened) -> None:
    page = shown.page
    assert "of 144 entries" in page.inner_text("#runs .dt-info")
    page.fill("#runs input[type=search]", "model-2-51.2-7/")
    page.locator("#runs .dt-info", has_text="1 to 1 of 1").wait_for()
    assert page.locator("#attempts tbody tr").count() == 1
    page.fill("#runs input[type=search]", "")
    for first in ("5 s", "8 h"):
        page.locator("#attempts thead th", has_text="Human time").click()
        page.locator("#attempts tbody tr:first-child td:nth-child(5)", has_text=first).wait_for()


def test_hostile_answers_are_shown_as_text(shown: Opened) -> None:
    """In the table, in its search and in full; the fixture sees to it that none of them ran."""
    page = shown.page
    answers = page.locator("#attempts tbody tr td:nth-child(11)").all_text_contents()
    assert answers[: len(HOSTILE) - 1] == list(HOSTILE[:-1])
    assert answers[len(HOSTILE) - 1] == "x" * 120 + "…"
    for place, hostile in enumerate(HOSTILE):
        page.locator("#attempts tbody tr button").nth(place).click()
        told = dict(
            zip(
                page.locator("#attempt dt").all_text_contents(),
                page.locator("#attempt dd").all_text_contents(),
                strict=True,
            )
        )
        assert told["answer"].startswith(hostile[:1000])
        assert told["model"] == "acme/<b>bold</b>&amp;"
        page.keyboard.press("Escape")
    page.fill("#runs input[type=search]", "onerror=")
    page.locator("#runs .dt-info", has_text="1 to 1 of 1").wait_for()
    assert page.locator("main script, main img").count() == 0


def test_the_keyboard_reaches_every_control(shown: Opened) -> None:
    """By Tab alone, with arrows inside a group of choices."""
    page = shown.page
    wanted = page.evaluate(
        """() => [...document.querySelectorAll("a[href], button, select, summary, input, [tabindex='0']")]
            .filter((each) => each.checkVisibility() && !each.disabled && each.tabIndex >= 0 && !each.closest("dialog")
                && (each.type !== "radio" || each.checked))
            .map((each, place) => { each.dataset.wanted = place; return String(place); })"""
    )
    reached = set()
    for _ in range(2 * len(wanted)):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.dataset.wanted ?? ''"))
    assert set(wanted) <= reached
    page.focus("input[name=unit][value=usd]")
    before = drawn(page, "frontier")
    page.keyboard.press("ArrowRight")
    assert page.is_checked("input[name=unit][value=tokens]")
    assert drawn(page, "frontier") != before


@pytest.mark.slow
@pytest.mark.parametrize(("width", "scheme"), [(1440, "light"), (375, "dark")])
def test_no_serious_fault_of_accessibility(folder: Path, chromium: Any, width: int, scheme: str) -> None:
    """By axe-core, with a table of numbers open; nothing is wider than the screen, whatever is open."""
    axe = pytest.importorskip("axe_playwright_python", reason="axe-core is not installed")
    program = (Path(axe.__file__).parent / "axe.min.js").read_text()
    with opened(chromium, folder / "report.html", width=width, scheme=scheme) as shown:
        shown.page.evaluate("document.querySelector('#spend details').open = true")
        shown.page.evaluate(program)
        found = shown.page.evaluate("axe.run()")["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert [(each["id"], [node["html"] for node in each["nodes"][:3]]) for each in serious] == []
        shown.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_a_dark_page_is_printed_light(folder: Path, chromium: Any) -> None:
    with opened(chromium, folder / "report.html", scheme="dark") as shown:
        paper = "getComputedStyle(document.body).backgroundColor"
        assert shown.page.evaluate(paper) != "rgb(255, 255, 255)"
        shown.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        assert shown.page.evaluate(paper) == "rgb(255, 255, 255)"
        shown.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        assert shown.page.evaluate(paper) != "rgb(255, 255, 255)"


@pytest.mark.slow
def test_twelve_thousand_runs_fit_in_a_file_to_send(tmp_path: Path, chromium: Any) -> None:
    """Under 6 MB, and its table holds them all."""
    study(tmp_path / "many", models=3, tasks=400, copies=10)
    done = horizon("report", "many", "--bootstrap", "0", cwd=tmp_path)
    assert done.code == 0, done
    assert (tmp_path / "many" / "report.html").stat().st_size < LARGEST_BYTES
    with opened(chromium, tmp_path / "many" / "report.html") as shown:
        assert "of 12,000 entries" in shown.page.inner_text("#runs .dt-info")
        assert shown.complaints == []


@pytest.mark.slow
def test_links_lead_to_logs_and_nowhere_else(tmp_path: Path, chromium: Any) -> None:
    """Relative to the page, and none for a log that is not there."""
    made = study(tmp_path / "mine", models=1)
    runs = pd.read_parquet(made / "runs").assign(log="javascript:alert(1)")
    runs.loc[0, "log"] = "a #1.eval"
    write_tables(made, {"runs": conform(runs, "runs")})
    (made / "logs").mkdir()
    (made / "logs" / "a #1.eval").touch()
    done = horizon("report", "mine", "--bootstrap", "0", "--to", "else/page.html", cwd=tmp_path)
    assert done.code == 0, done
    with opened(chromium, tmp_path / "else" / "page.html") as shown:
        links = shown.page.locator("#attempts a").evaluate_all("(all) => all.map((each) => each.getAttribute('href'))")
        assert links == ["./../mine/logs/a%20%231.eval"]


def test_a_missing_library_is_named_with_the_way_to_get_it(tmp_path: Path) -> None:
    study(tmp_path / "mine", models=1)
    code = (
        "import sys; sys.modules['plotly'] = None; sys.argv = ['horizon', 'report', 'mine', '--bootstrap', '0']\n"
        "from inspect_horizon.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, env=environment(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert "fix: pip install 'inspect-horizon[report]'" in done.stderr
    assert not (tmp_path / "mine" / "report.html").exists()
