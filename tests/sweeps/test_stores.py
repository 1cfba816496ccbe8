"""Logs on an object store, with a copy of the tables: a server on loopback that speaks S3."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from inspect_horizon.runs import read_runs
from support.buckets import KEYS, bucket_named
from support.study import LITELLMS_OWN, command

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.filterwarnings(LITELLMS_OWN), pytest.mark.filterwarnings("ignore::ResourceWarning")]


@pytest.fixture
def bucket(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """A folder of an empty bucket, asked for from an empty folder here."""
    monkeypatch.chdir(tmp_path)
    with bucket_named(tmp_path.name) as url:
        yield url


def sweep(*more: object) -> tuple[object, ...]:
    asked = ("--suite", "atoms", "--model", "embedded/clerk-small", "--budgets", "usd:0.01,0.08", "--limit", 4)
    return ("sweep", *asked, "--workers", 1, "--to", "here", *more)


@pytest.mark.slow
def test_a_sweep_with_its_logs_on_s3_is_read_from_anywhere(bucket: str, tmp_path: Path) -> None:
    """Nothing but the bucket is needed to collect and to draw; the sweep itself remembers where its logs are."""
    done = command(*sweep("--store", bucket))
    assert done.code == 0, done
    here = tmp_path / "here"
    assert not list(here.rglob("*.eval"))
    again = command(*sweep())
    assert again.code == 0, again

    there = command("collect", bucket)
    assert there.code == 0, there
    alone = command("collect", bucket, "--to", "brought")
    assert alone.code == 0, alone
    pick = ["run_id", "success", "cost_usd", "stop_reason"]
    assert read_runs("brought")[pick].equals(read_runs(here)[pick])
    logs = command("collect", f"{bucket}/logs", "--to", "bare")
    assert logs.code == 0, logs
    assert set(read_runs("bare")["run_id"]) == set(read_runs(here)["run_id"]), "as after plain `inspect eval`"

    told = [command("frontier", place, "--json", "--bootstrap", 20) for place in (bucket, "here")]
    assert [each.code for each in told] == [0, 0], told
    assert json.loads(told[0].out)["curves"] == json.loads(told[1].out)["curves"]
    assert KEYS["AWS_SECRET_ACCESS_KEY"] not in (here / "sweep.json").read_text()


def test_commands_that_need_a_folder_say_how_to_come_by_one(bucket: str) -> None:
    ended = command("gap", f"{bucket}")
    assert ended.code == 1, ended
    assert f"{bucket} is no folder of this machine" in ended.err
    assert f"horizon collect {bucket} --to" in ended.err


def test_a_store_that_cannot_be_written_is_known_before_anything_is_spent(bucket: str, tmp_path: Path) -> None:
    ended = command(*sweep("--store", "s3://no-such-bucket-here/x"))
    assert ended.code == 1, ended
    assert "s3://no-such-bucket-here/x cannot be written" in ended.err
    assert not (tmp_path / "here" / "ledger.sqlite").exists()


def test_a_password_in_the_stores_url_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    ended = command(*sweep("--store", "s3://me:s3cr3t@studies/x"))
    assert ended.code == 2, ended
    assert "s3cr3t" not in ended.err
