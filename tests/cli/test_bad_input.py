"""What cannot work is refused in one sentence that says where and how to go on; nothing is spent, nothing is lost."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pandas as pd
import pytest

from inspect_horizon.runs import read_runs, read_table
from support.rights import mere_user, unwritable
from support.server import Fault, Reply, Request, chat_server
from support.study import HORIZON, KEY, LITELLMS_OWN, Ended, command, crafty, environment, start

pytestmark = pytest.mark.filterwarnings(LITELLMS_OWN)
CLERK = ("--suite", "atoms", "--model", "embedded/clerk-small", "--limit", 2, "--workers", 1)
API = ("--suite", "atoms", "--model", "openai/gpt-5-mini", "--limit", 3)


@pytest.fixture(autouse=True)
def clean_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty working directory and no key of anybody's."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ.keys() - environment().keys():
        monkeypatch.delenv(name, raising=False)


def refused(ended: Ended, code: int, *words: str) -> None:
    """Whether a command ended as it should: the code, the words, a way out, and no traceback."""
    assert ended.code == code, ended
    assert "Traceback" not in ended.err, ended
    for word in words:
        assert word in ended.err, f"{word!r} is not in:\n{ended}"


def nothing_begun(folder: str = "out") -> bool:
    return not Path(folder).exists()


@pytest.mark.parametrize(
    ("model", "words"),
    [
        ("nonsense/foo", ("no provider", "'nonsense/foo'", "fix: write it as LiteLLM does")),
        ("gpt-nonsense", ("no provider", "'gpt-nonsense'")),
        ("embedded/clerk-huge", ("no embedded model 'clerk-huge'", "clerk-small, clerk-medium")),
        ("openai/gpt-5-mini", ("needs OPENAI_API_KEY", "fix: `export OPENAI_API_KEY=...`")),
        ("anthropic/claude-sonnet-4-5", ("needs ANTHROPIC_API_KEY",)),
    ],
)
def test_a_model_that_cannot_be_called(model: str, words: tuple[str, ...]) -> None:
    ended = command("sweep", "--yes", "--suite", "atoms", "--model", model, "--budgets", "tokens:1k", "--to", "out")
    refused(ended, 1, *words)
    assert nothing_begun()


@pytest.mark.parametrize("dollars", [("--budgets", "usd:0.1"), ("--budgets", "cost_ratio:1/8"), ("--spend-cap", "1")])
def test_an_unpriced_model_under_dollars(dollars: tuple[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    """Unknown is not free: it is refused before anything starts."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    asked = ("--suite", "atoms", "--model", "openai/my-own", "--budgets", "tokens:1k", *dollars)
    refused(command("sweep", "--yes", *asked, "--to", "out"), 1, "price of openai/my-own is not known", "--prices FILE")
    assert nothing_begun()


def test_an_unpriced_model_under_tokens_runs_and_costs_null(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(*next(iter(KEY.items())))
    with chat_server(crafty) as chat:
        asked = ("--suite", "atoms", "--model", "openai/my-own", "--budgets", "tokens:20k", "--limit", 2)
        ended = command("sweep", "--yes", *asked, "--to", "out", "--model-base-url", chat.url)
    assert ended.code == 0, ended
    runs = read_runs("out")
    assert runs["success"].all()
    assert runs["cost_usd"].isna().all()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (None, ("prices.yaml: no such file",)),
        ("models: [", ("prices.yaml:1: not valid YAML",)),
        ("models:\n  openai/my-own: {input: 1, ouput: 2}\n", ("prices.yaml:2: unknown key", "did you mean output?")),
        ("models:\n  openai/my-own:\n    input: -1\n    output: 2\n", ("prices.yaml:3:", "input is -1")),
    ],
)
def test_a_price_file_that_cannot_be_used(text: str | None, words: tuple[str, ...]) -> None:
    if text is not None:
        Path("prices.yaml").write_text(text)
    asked = ("--suite", "atoms", "--model", "openai/my-own", "--budgets", "usd:0.1", "--prices", "prices.yaml")
    refused(command("sweep", "--yes", *asked, "--to", "out"), 2, *words)
    assert nothing_begun()


@pytest.mark.parametrize(
    ("grid", "words"),
    [
        ("usd:", ("holds no budget",)),
        ("usd:0", ("not an amount above 0",)),
        ("usd:-1", ("not an amount above 0",)),
        ("usd:nan", ("not an amount above 0",)),
        ("usd:lots", ("not an amount above 0",)),
        ("apples:3", ("does not start with one of tokens:",)),
        ("demoo", ("did you mean demo?",)),
        ("DEMO", ("did you mean demo?",)),
        ("usd:1..0.1:x2", ("does not rise",)),
        ("usd:1..2:x1", ("does not rise",)),
        ("usd:1..2", ("has no factor",)),
    ],
)
def test_a_grid_that_makes_no_sense(grid: str, words: tuple[str, ...]) -> None:
    refused(command("sweep", "--yes", *CLERK, "--budgets", grid, "--to", "out"), 2, grid, *words, "fix: ")
    assert nothing_begun()


def test_a_grid_file_is_answered_with_file_and_line() -> None:
    Path("grid.yaml").write_text("kind: usd\namonts: [1, 2]\n")
    refused(command("plan", *CLERK, "--budgets", "grid.yaml"), 2, "grid.yaml:2: unknown key amonts", "amounts")
    Path("grid.yaml").write_text("kind: usd\namounts: 4\n")
    refused(command("plan", *CLERK, "--budgets", "grid.yaml"), 2, "grid.yaml:2: amounts is 4", "such as [1k, 4k, 16k]")
    Path("grid.yaml").write_text("kind: usd\namounts: []\n")
    refused(command("plan", *CLERK, "--budgets", "grid.yaml"), 2, "grid.yaml", "holds no budget")


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (("--epochs", "0"), ("epochs is 0",)),
        (("--limit", "-1"), ("limit is -1",)),
        (("--limit", "many"), ("'many' is not a valid integer",)),
        (("--wage", "0"), ("wage_usd_per_hour is 0",)),
        (("--strategy", "magic"), ("strategy 'magic' is not known", "single")),
        (("--spend-cap", "-5"), ("'-5' is no amount of dollars above 0",)),
        (("--suite", "atmos"), ("there is no suite 'atmos'", "did you mean atoms?")),
        (("--suite", "atoms"), ("suites", "each once")),
        (("--max-retries", "-1"), ("max_retries is -1",)),
        (("--model-base-url", "localhost"), ("'localhost' is no URL", "http://localhost:8000/v1")),
        (("--model-base-url", "http://[localhost"), ("'http://[localhost' is no URL",)),
        (("--nope",), ("No such option '--nope'",)),
    ],
)
def test_a_flag_that_makes_no_sense(flags: tuple[str, ...], words: tuple[str, ...]) -> None:
    refused(command("sweep", "--yes", *CLERK, "--budgets", "tokens:1k", "--to", "out", *flags), 2, *words)
    assert nothing_begun()


def test_half_of_what_a_sweep_needs() -> None:
    refused(command("sweep", "--yes", "--suite", "atoms"), 2, "names no models and no budgets", "fix: pass --suite")
    both = ("names no models and no budgets; there is no suite 'atmos'", "fix: did you mean atoms?; pass --suite")
    refused(command("sweep", "--yes", "--suite", "atmos"), 2, *both)


def test_nobody_there_to_confirm() -> None:
    """Without a terminal and without --yes no money is spent; embedded models have none to spend."""
    refused(command("sweep", *API, "--budgets", "tokens:1k", "--to", "out"), 2, "nobody is there", "--yes")
    assert nothing_begun()
    free = command("sweep", *CLERK, "--budgets", "tokens:1k", "--to", "out")
    assert free.code == 0, free


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("suites: [atoms\n", ("study.yaml:", "not valid YAML")),
        ("suites: [atoms]\nmodles: [embedded/clerk-small]\n", ("study.yaml:2: unknown key modles", "models")),
        ("suites: [atoms]\nmodels: [embedded/clerk-small]\nbudgets: usd:0\n", ("study.yaml:3:", "above 0")),
        (
            "suites: [atoms]\nmodels: [embedded/clerk-small]\nbudgets: usd:1\nepochs: 0\n",
            ("study.yaml:4: epochs is 0",),
        ),
        (
            "suites: [atoms]\nmodels: [embedded/clerk-small]\nbudgets: usd:1\ngeneration: {temprature: 1}\n",
            ("study.yaml:4: unknown key generation.temprature", "did you mean temperature?"),
        ),
        (
            "suites: [atoms]\nmodels: embedded/clerk-small\nbudgets: usd:1\nepochs: often\ngeneration: {top_p: high}\n",
            (
                "study.yaml:2: models is 'embedded/clerk-small'",
                "fix: write a list of names as LiteLLM knows them, such as [openai/gpt-5-mini]",
                "study.yaml:4: epochs is 'often'",
                "fix: write a whole number of 1 or more, such as 2",
                "study.yaml:5: generation.top_p is 'high'",
                "fix: write a number from 0 to 1, such as 0.9",
            ),
        ),
        ("suites: [atoms]\nbudgets: usd:1\n", ("has no models", "fix: add models: a list of names")),
        ("[]\n", ("study.yaml:1:",)),
        ("", ("study.yaml:1: the file is empty",)),
    ],
)
def test_a_sweep_file_that_cannot_be_used(text: str, words: tuple[str, ...]) -> None:
    Path("study.yaml").write_text(text)
    refused(command("sweep", "study.yaml", "--yes", "--to", "out"), 2, *words)
    assert nothing_begun()


SUITE = "schema_version: 1\nname: mine\nversion: '1'\nscaffold: generate\nscorer: match\ntasks:\n"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ("- {id: a, human_source: estimate, input: x, target: y}\n", ("suite.yaml:7", "tasks[0]", "human_minutes")),
        (
            "- {id: a, human_minutes: -2, human_source: estimate, input: x, target: y}\n",
            ("suite.yaml:7", "human_minutes is -2", "above 0"),
        ),
        (
            "- {id: a, human_minutes: 1, human_source: estimate, input: x, target: y}\n"
            "- {id: a, human_minutes: 2, human_source: estimate, input: x, target: y}\n",
            ("suite.yaml:8: task id 'a' is already used in line 7",),
        ),
        (
            "- {id: a, human_minuts: 1, human_source: estimate, input: x, target: y}\n",
            ("suite.yaml:7: unknown key tasks[0].human_minuts", "did you mean human_minutes?"),
        ),
    ],
)
def test_a_suite_that_cannot_be_used(rows: str, words: tuple[str, ...]) -> None:
    Path("mine").mkdir()
    Path("mine/suite.yaml").write_text(SUITE + rows)
    asked = ("--suite", "./mine", "--model", "embedded/clerk-small", "--budgets", "tokens:1k")
    refused(command("sweep", "--yes", *asked, "--to", "out"), 2, *words)
    assert nothing_begun()


def test_task_code_that_fails_is_named() -> None:
    """The suite's own code may raise anything; it is reported as the suite's, before a model is called."""
    Path("mine").mkdir()
    Path("mine/suite.yaml").write_text(
        SUITE.replace("scorer: match", "body: code.py@mine") + "- {id: a, human_minutes: 1, human_source: estimate}\n"
    )
    Path("mine/code.py").write_text("def mine():\n    raise KeyError('moon')\n")
    asked = ("--suite", "./mine", "--model", "embedded/clerk-small", "--budgets", "tokens:1k", "--to", "out")
    refused(command("sweep", "--yes", *asked, "--workers", 1), 1, "suite mine", "KeyError: 'moon'", "fix: ")


def test_a_worker_that_fails_says_why_through_its_parent() -> None:
    """An error in another process is the same sentence, and the command fails."""
    Path("mine").mkdir()
    rows = "".join(f"- {{id: {name}, human_minutes: 1, human_source: estimate}}\n" for name in "ab")
    Path("mine/suite.yaml").write_text(SUITE.replace("scorer: match", "body: code.py@mine") + rows)
    Path("mine/code.py").write_text("def mine():\n    raise KeyError('moon')\n")
    asked = ("--suite", "./mine", "--model", "embedded/clerk-small", "--budgets", "tokens:1k,2k", "--to", "out")
    refused(command("sweep", "--yes", *asked, "--workers", 2), 1, "suite mine", "KeyError: 'moon'", "fix: ")


def test_the_folder_of_another_sweep() -> None:
    """It is left as it is, and the difference is named."""
    first = ("sweep", "--yes", *CLERK, "--to", "out")
    assert command(*first, "--budgets", "tokens:20k").code == 0
    before = read_runs("out")
    refused(command(*first, "--budgets", "tokens:40k"), 2, "out holds another sweep", "budgets differ", "--to")
    refused(command(*first, "--budgets", "tokens:20k", "--epochs", 2), 2, "epochs differ")
    pd.testing.assert_frame_equal(read_runs("out"), before)


def test_a_folder_of_something_else() -> None:
    Path("out").mkdir()
    Path("out/letter.txt").write_text("dear")
    refused(command("sweep", "--yes", *CLERK, "--budgets", "tokens:1k", "--to", "out"), 2, "letter.txt", "--to")
    assert [path.name for path in Path("out").iterdir() if not path.name.startswith(".")] == ["letter.txt"]


def test_a_folder_that_cannot_be_made() -> None:
    Path("file").write_text("in the way")
    ended = command("sweep", "--yes", *CLERK, "--budgets", "tokens:1k", "--to", "file/out")
    refused(ended, 1, "file/out cannot be written", "--to")


def test_a_note_that_is_damaged() -> None:
    first = ("sweep", "--yes", *CLERK, "--budgets", "tokens:20k", "--to", "out")
    assert command(*first).code == 0
    Path("out/sweep.json").write_text("{")
    refused(command(*first), 1, "sweep.json cannot be read", "fix: ")
    refused(command("collect", "out"), 1, "sweep.json cannot be read")


@pytest.mark.slow
def test_two_sweeps_in_one_folder_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second is turned away while the first is at work, which goes on undisturbed."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    called, answer = threading.Event(), threading.Event()

    def think(request: Request) -> Reply:
        called.set()
        answer.wait(100)
        return crafty(request)

    with chat_server(think) as chat:
        asked = ("sweep", "--yes", *API, "--budgets", "tokens:20k", "--to", "out", "--model-base-url", chat.url)
        with start(*asked, cwd=Path.cwd(), env=KEY) as first:
            assert called.wait(100)
            second = command(*asked)
            answer.set()
            out, err = first.communicate(timeout=100)
    refused(second, 2, "another process is running a sweep in out", "--to")
    assert first.returncode == 0, err
    assert "runs      3 of 3" in out


def test_nothing_listens_at_the_base_url(monkeypatch: pytest.MonkeyPatch) -> None:
    """No retries by the minute where one look tells."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    url = f"http://127.0.0.1:{port}/v1"
    ended = command("sweep", "--yes", *API, "--budgets", "usd:0.01", "--to", "out", "--model-base-url", url)
    refused(ended, 1, f"nothing answers at {url}", "Connection refused", "fix: start the server")
    assert nothing_begun()


@pytest.mark.parametrize("url", ["http://me:{}@127.0.0.1:1/v1", "me:{}@127.0.0.1/v1", "http://me:a/{}@[127.0.0.1/v1"])
@pytest.mark.parametrize("name", ["sweep", "plan"])
def test_a_password_in_the_base_url_is_refused_and_never_shown(name: str, url: str) -> None:
    """Whether it stands in a flag or in the file, and also where the URL is none."""
    url, yes = url.format("s3cret"), ("--yes", "--to", "out") if name == "sweep" else ()
    Path("study.yaml").write_text(f"suites: [atoms]\nmodels: [openai/m]\nbudgets: tokens:1k\nmodel_base_url: '{url}'\n")
    for asked in ((*API, "--budgets", "usd:1", "--model-base-url", url), ("study.yaml",)):
        ended = command(name, *yes, *asked)
        refused(ended, 2, "base URL holds a name or password", "fix: leave it out of the URL")
        assert "s3cret" not in ended.err + ended.out
    assert nothing_begun()


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/v1?key=s3cret", "http://127.0.0.1:1/v1#s3cret", "?key=s3cret"])
def test_a_query_in_the_base_url_is_refused_and_never_shown(url: str) -> None:
    ended = command("sweep", "--yes", "--to", "out", *API, "--budgets", "usd:1", "--model-base-url", url)
    refused(ended, 2, "base URL has a query, which can hold a key", "fix: end it with the path")
    assert "s3cret" not in ended.err + ended.out
    assert nothing_begun()


def test_a_network_that_fails_meanwhile(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every connection breaks: the sweep ends incomplete, names the reason once, and keeps what may be billed."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    with chat_server(crafty, faults=[Fault(status=503, headers={"retry-after-ms": "1"})] * 100) as chat:
        ended = command(
            *("sweep", "--yes", *API, "--budgets", "usd:0.01", "--to", "out", "--model-base-url", chat.url),
            *("--max-retries", 2),
        )
    refused(ended, 3, "3 runs: openai/gpt-5-mini gave no answer in 3 tries", "run the same command again")
    assert len(chat.served) == 9
    runs = read_runs("out")
    assert runs["stop_reason"].eq("error").all()
    assert runs["success"].isna().all()
    none = "none of the 3 runs can be used: 3 ended in an error (all: openai/gpt-5-mini gave no answer in 3 tries"
    refused(command("frontier", "out"), 1, none, "fix: see to the error, then run the same `horizon sweep` again")


def test_a_key_that_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    """After three runs in a row that cannot be helped no more are begun; a good key completes the study."""
    monkeypatch.setenv(*next(iter(KEY.items())))
    wrong = Fault(status=401, error={"message": "Incorrect API key", "type": "x", "code": "invalid_api_key"})
    with chat_server(crafty, faults=[wrong] * 500) as chat:
        study = ("--suite", "atoms", "--model", "openai/gpt-5-mini", "--budgets", "usd:0.01")
        asked = (
            "sweep",
            "--yes",
            *study,
            "--to",
            "out",
            "--model-base-url",
            chat.url,
            "--max-connections",
            1,
            "--limit",
            12,
        )
        ended = command(*asked)
        refused(ended, 3, "12 runs: the provider of openai/gpt-5-mini refuses the key", "fix: check the key")
        assert len(chat.served) < 12
        chat.faults.clear()
        again = command(*asked)
    assert again.code == 0, again
    runs = read_runs("out")
    assert runs[~runs["superseded"].astype(bool)]["success"].sum() == 12


@pytest.mark.slow
@pytest.mark.parametrize("size", [60_000, 110_000])
def test_a_disk_that_is_full(size: int, tmp_path: Path) -> None:
    """One sentence, a failing exit code, and with space again the same command completes the study.

    Inspect's own trace file stands on the same disk, and what it says of that cannot be helped.
    """
    asked = (
        "sweep",
        "--yes",
        *CLERK[:-2],
        "--workers",
        1,
        "--limit",
        24,
        "--mode",
        "grid",
        "--budgets",
        "tokens:2k,4k",
        "--to",
        "out",
    )
    full = subprocess.run(
        [sys.executable, "-c", FULL_DISK, str(size), *map(str, asked)],
        capture_output=True,
        text=True,
        timeout=120,
        env=environment({"INSPECT_TRACE_FILE": str(tmp_path / "trace.log")}),
        check=False,
    )
    ended = Ended(full.returncode, full.stdout, full.stderr)
    assert ended.code in (1, 3), ended
    assert re.search(r"^(error|\d+ runs): .*(full|too large|disk)", ended.err, re.MULTILINE), ended
    assert "fix: " in ended.err, ended
    again = command(*asked)
    assert again.code == 0, again
    assert "runs      48 of 48" in again.out


@pytest.mark.slow
def test_a_disk_that_fills_up_while_tables_are_written() -> None:
    """The tables that were there are whole to the last byte, and nothing else is left behind."""
    assert (
        command(
            "sweep", "--yes", *CLERK, "--limit", 24, "--mode", "grid", "--budgets", "tokens:2k,4k", "--to", "out"
        ).code
        == 0
    )
    before = {path: path.read_bytes() for path in Path("out").rglob("*.parquet")}
    full = subprocess.run(
        [sys.executable, "-c", FULL_DISK, "9000", "collect", "out"], capture_output=True, text=True, check=False
    )
    refused(Ended(full.returncode, full.stdout, full.stderr), 1, "could not be written: file too large", "unchanged")
    assert full.stderr.count("error") == 1
    assert {path: path.read_bytes() for path in Path("out").rglob("*.parquet")} == before
    assert not list(Path("out").rglob(".*.tmp"))


@pytest.mark.slow
def test_a_folder_that_may_only_be_read() -> None:
    """A finished study can be looked at; what would have to write says where it may not."""
    asked = ("sweep", "--yes", *CLERK, "--budgets", "tokens:2k", "--to", "out")
    assert command(*asked).code == 0

    commands = [[*map(str, asked)], ["overshoot", "out"], ["collect", "out", "--to", "copy"], ["collect", "out"]]
    line = [sys.executable, "-c", ONE_BY_ONE, str(Path(__file__).parents[1]), json.dumps(commands)]
    with unwritable(Path("out")):
        done = subprocess.run(line, capture_output=True, text=True, check=True, preexec_fn=mere_user)
    again, shown, copied, rebuilt = (Ended(*ended) for ended in json.loads(done.stdout))
    assert (again.code, shown.code, copied.code) == (0, 0, 0), (again, shown, copied)
    pd.testing.assert_frame_equal(read_runs("copy"), read_runs("out"))
    refused(rebuilt, 1, "could not be written: permission denied", "fix: see that", "folder that you may write to")


ONE_BY_ONE = """
import json, sys
sys.path.insert(0, sys.argv[1])
from support.study import command
ended = [command(*line) for line in json.loads(sys.argv[2])]
print(json.dumps([[each.code, each.out, each.err] for each in ended]))
"""


FULL_DISK = """
import resource, signal, sys
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
size = int(sys.argv.pop(1))
resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))
from inspect_horizon.cli import main
main()
"""


@pytest.mark.parametrize("name", ["frontier", "collect", "export"])
def test_a_folder_that_is_not_there(name: str) -> None:
    refused(command(name, "nowhere"), 1, "nowhere does not exist", "fix: ")


def test_budgets_of_one_unit_and_a_kind_of_another(tmp_path: Path) -> None:
    table = {"task_id": ["a"], "model": ["m"], "success": [True], "human_minutes": [1.0], "cost_usd": [0.1]}
    pd.DataFrame(table).to_csv("runs.csv")
    assert command("import", "runs.csv", "--to", "out").code == 0
    ended = command("frontier", "out", "--budgets", "usd:1", "--kind", "cost_ratio")
    refused(ended, 2, "--kind cost_ratio contradicts --budgets usd:1, which is in usd", "fix: leave out --kind")
    assert command("frontier", "out", "--budgets", "usd:1", "--kind", "usd", "--no-plot").code == 0


def test_a_table_with_a_wrong_schema() -> None:
    Path("out/runs").mkdir(parents=True)
    pd.DataFrame({"x": [1]}).to_parquet("out/runs/part-00000.parquet")
    for name in ("frontier", "export"):
        refused(command(name, "out"), 1, "part-00000.parquet is not a runs table", "horizon import")
    Path("out/runs/part-00000.parquet").write_bytes(b"PAR1 and no more")
    refused(command("frontier", "out"), 1, "cannot be read as Parquet", "horizon collect")


def test_a_log_that_is_cut_short_is_passed_over_with_a_warning() -> None:
    """What it held is missing and named; the rest is collected, and the same sweep does what is missing."""
    asked = ("sweep", "--yes", *CLERK, "--mode", "grid", "--budgets", "tokens:2k,4k", "--to", "out")
    assert command(*asked).code == 0
    log = sorted(Path("out/logs").rglob("*.eval"))[0]
    log.write_bytes(log.read_bytes()[: log.stat().st_size // 2])
    ended = command("collect", "out")
    refused(ended, 3, "warning", log.name)
    runs = read_runs("out")
    assert (runs["stop_reason"] == "error").sum() == 2
    assert len(read_table("out", "calls")) == 4
    again = command(*asked)
    assert again.code == 0, again
    assert "runs      4 of 4" in again.out
    assert (~read_runs("out")["superseded"].astype(bool)).sum() == 4


def test_help_is_short_and_names_every_command() -> None:
    ended = command("--help")
    assert ended.code == 0
    for name in ("sweep", "plan", "frontier", "collect", "import", "export"):
        assert re.search(rf"^  {name} +\S", ended.out, re.MULTILINE)
    assert HORIZON.exists()
