"""`horizon report`, opened in a browser from disk with the network off."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import numpy as np
import pandas as pd
import pytest

from frontier.simulated import BUDGETS_USD, Agent
from inspect_horizon.frontier import frontier
from inspect_horizon.frontier.shape import ratio_frontier
from inspect_horizon.report import curve_rows
from inspect_horizon.runs import conform, read_runs, read_table, write_tables
from support.browser import browser, opened, settled
from support.study import command, environment, horizon

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
SHEET_PX = 680
"""A sheet of A4 between margins of 14 mm is 688 wide, one of Letter 710."""


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


@contextmanager
def well_behaved(folder: Path, chromium: Any) -> Iterator[Opened]:
    """The report, which neither complains nor asks for anything, whatever is done with it."""
    with opened(chromium, folder / "report.html") as page:
        yield page
        assert page.complaints == []
        assert [url for url in page.asked_for if not url.startswith(("file:", "blob:", "data:"))] == []
        assert page.page.evaluate("window.hacked") is None


@pytest.fixture
def shown(folder: Path, chromium: Any) -> Iterator[Opened]:
    """The report, newly opened."""
    with well_behaved(folder, chromium) as page:
        yield page


@pytest.fixture(scope="module")
def left_open(folder: Path, chromium: Any) -> Iterator[Opened]:
    with well_behaved(folder, chromium) as page:
        yield page


@pytest.fixture
def figures(left_open: Opened) -> Any:
    """The page of a report whose switches stand as they do when it is opened."""
    page = left_open.page
    for name, value in (("unit", "usd"), ("rate", "0.5"), ("by", "model")):
        page.check(f"input[name={name}][value='{value}']")
    for box in page.locator("input[name=configuration]").all():
        box.check()
    for select, place in (("length-of", 0), ("before", 0), ("after", 1)):
        page.select_option(f"#{select}", str(place))
    return page


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


def plotted(page: Any, figure: str) -> set[float]:
    """Every number that a figure plots, on either axis."""
    traces = json.loads(drawn(page, figure))
    return {value for trace in traces for axis in trace for value in axis if isinstance(value, float | int)}


def told(*arguments: object) -> dict[str, Any]:
    """What a command prints as JSON."""
    done = command(*arguments, "--bootstrap", REPLICATES, "--json", "--no-plot")
    assert done.code == 0, done
    return cast("dict[str, Any]", json.loads(done.out))


def same(text: str, value: float | None) -> bool:
    return text == "" if value is None else float(text) == pytest.approx(value, rel=1e-12)


@pytest.mark.slow
def test_figures_and_tables_hold_the_numbers_of_the_frontier(figures: Any, folder: Path) -> None:
    """Cell by cell those of `horizon frontier --json`, and every one that is drawn is a point of its figure."""
    for kind, quantile in (("usd", 0.5), ("tokens", 0.8), ("cost_ratio", 0.5)):
        expected = told("frontier", folder, "--kind", kind, "--quantile", quantile)
        figures.check(f"input[name=unit][value={kind}]")
        figures.check(f"input[name=rate][value='{quantile}']")
        _compare_curves(figures, "frontier", expected["curves"])
        _compare_shapes(figures, expected["shapes"])


def test_horizons_within_a_share_of_the_human_cost_are_those_of_the_curves_in_dollars(
    figures: Any, folder: Path
) -> None:
    """The same draws behind them as behind `horizon frontier`, whose second figure they are."""
    runs, checkpoints = read_runs(folder), read_table(folder, "checkpoints")
    rng, replicates = np.random.default_rng(0), int(REPLICATES)
    in_dollars = frontier(runs, checkpoints, kind="usd", rng=rng, bootstrap=replicates)
    _compare_curves(figures, "ratio", curve_rows(ratio_frontier(in_dollars)))


def _compare_curves(page: Any, figure: str, curves: list[dict[str, Any]]) -> None:
    fields = ("budget_amount", "horizon_minutes", "ci_low", "ci_high", "cost_ratio", "n_runs", "n_success")
    for row, own in zip(numbers(page, figure), curves, strict=True):
        assert row[0] == own["model"]
        assert all(same(cell, own[field]) for cell, field in zip(row[1:], fields, strict=False)), (row, own)
        assert row[-1] == (", ".join(own["flags"]) or "–")
    assert {own["horizon_minutes"] for own in curves if own["horizon_minutes"]} <= plotted(page, figure)


def _compare_shapes(page: Any, shapes: list[dict[str, Any]]) -> None:
    for row, own in zip(numbers(page, "shape"), shapes, strict=True):
        spot = own["sweet_spot"]
        cells = {
            1: own["linear_regime"]["to_amount"], 3: spot["budget_amount"], 5: spot["horizon_minutes"],
            6: spot["per_hour"], 8: own["saturation"]["budget_amount"],
        }  # fmt: skip
        assert row[0] == own["model"]
        assert all(same(row[place], value) for place, value in cells.items()), (row, own)
        assert row[10] == (own["laws"]["best"] or "–")
    assert {each["slope"] for own in shapes for each in own["slopes"]} <= plotted(page, "shape")


def test_success_by_length_is_that_of_the_checkpoints(figures: Any, folder: Path) -> None:
    """Of the first configuration in dollars, where every run has a checkpoint at every budget."""
    runs, steps = (pd.read_parquet(folder / table) for table in ("runs", "checkpoints"))
    own = runs[runs["model"] == runs["model"].min()].merge(steps, on="run_id", suffixes=("", "_at"))
    own["length"] = np.floor(np.log2(own["human_minutes"]) / 2)
    expected = own.groupby(["length", "rung_amount"]).agg(
        tasks=("task_id", "nunique"), runs=("run_id", "size"), solved=("success_at", "sum")
    )
    rows = numbers(figures, "lengths")
    for row, ((_, amount), (tasks, tried, solved)) in zip(rows, expected.iterrows(), strict=True):
        wanted = (tasks, amount, tried, solved, solved / tried)
        assert all(same(cell, value) for cell, value in zip(row[1:6], wanted, strict=True)), (row, wanted)
    assert {100 * float(row[5]) for row in rows} <= plotted(figures, "lengths")


@pytest.mark.parametrize("by", ["model", "suite", "task"])
def test_spend_is_that_of_the_runs(figures: Any, folder: Path, by: str) -> None:
    """To the cent by purpose; of many tasks the cheapest are one row."""
    figures.check(f"input[name=by][value={by}]")
    runs = pd.read_parquet(folder / "runs")
    names = runs["suite"] + " / " + runs["task_id"] if by == "task" else runs[by]
    usd = runs.groupby(names)[["cost_usd", "wasted_usd", "scorer_usd"]].sum().assign(attempts=names.value_counts())
    rows = numbers(figures, "spend")
    for name, attempts, answers, forks, retries, scoring, _, unknown in rows:
        own = usd.loc[name] if name in usd.index else usd.drop(index=[row[0] for row in rows[:-1]]).sum()
        cells = (answers, retries, scoring, attempts)
        wanted = own[["cost_usd", "wasted_usd", "scorer_usd", "attempts"]]
        assert [float(cell) for cell in cells] == pytest.approx(list(wanted), rel=1e-9)
        assert (float(forks), float(unknown)) == (0, 0)
    assert sum(float(row[6]) for row in rows) == pytest.approx(usd.drop(columns="attempts").to_numpy().sum())
    assert {float(cell) for row in rows for cell in row[2:6]} == plotted(figures, "spend")


def test_every_switch_changes_its_figures(figures: Any) -> None:
    """Slopes alone are the same at every success rate, where budgets share one slope."""
    page = figures
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


def test_any_two_configurations_are_taken_apart(figures: Any, folder: Path) -> None:
    """As `horizon decompose` takes them apart."""
    page, seen = figures, set()
    for before, after in ((0, 1), (1, 0), (1, 2), (0, 2)):
        page.select_option("#before", str(before))
        page.select_option("#after", str(after))
        seen.add(json.dumps(numbers(page, "decomposition")))
    assert len(seen) == 4
    expected = told("decompose", folder, "--from", "acme/<b>", "--to", "model-2")
    names = ("budget", "size", "share", "efficiency", "inference_scaling", "price")
    rows = numbers(page, "decomposition")
    for row, name in zip(rows, names, strict=True):
        interval = expected[name]["interval"] or {"low": None, "high": None}
        wanted = (expected[name]["doublings"], interval["low"], interval["high"])
        assert all(same(cell, value) for cell, value in zip(row[1:], wanted, strict=True)), (row, wanted)
    assert {float(row[1]) for row in rows if row[1]} == plotted(page, "decomposition")
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
        found = shown.page.evaluate("axe.run({ resultTypes: ['violations'] })")["violations"]
        serious = [each for each in found if each["impact"] in ("serious", "critical")]
        assert [(each["id"], [node["html"] for node in each["nodes"][:3]]) for each in serious] == []
        shown.page.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
        assert shown.page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.slow
def test_a_dark_page_is_printed_light_and_as_wide_as_a_sheet(folder: Path, chromium: Any) -> None:
    """From a telephone too, and afterwards it is again as it was."""
    with opened(chromium, folder / "report.html", width=375, scheme="dark") as shown:
        page = shown.page
        looks = """() => [getComputedStyle(document.body).backgroundColor,
            ...[...document.querySelectorAll(".plot")].map((each) => each._fullLayout?.width)]"""
        before = page.evaluate(looks)
        page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
        settled(page)
        paper, *widths = page.evaluate(looks)
        assert paper == "rgb(255, 255, 255)"
        assert set(widths) == {SHEET_PX, None}
        page.evaluate("window.dispatchEvent(new Event('afterprint'))")
        settled(page)
        assert page.evaluate(looks) == before


@pytest.mark.slow
def test_twelve_thousand_runs_fit_in_a_file_to_send(tmp_path: Path, chromium: Any) -> None:
    """Under 6 MB, and its table holds them all."""
    study(tmp_path / "many", models=3, tasks=400, copies=10)
    done = command("report", tmp_path / "many", "--bootstrap", "0")
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
    done = command("report", made, "--bootstrap", "0", "--to", tmp_path / "else" / "page.html")
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
