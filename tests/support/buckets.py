"""A server on loopback that speaks S3, and a bucket on it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

KEYS = {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "s3cr3t", "AWS_DEFAULT_REGION": "us-east-1"}


@contextmanager
def bucket_named(name: str) -> Iterator[str]:
    """The URL of a folder in an empty bucket; every S3 client of this process and its children finds the server."""
    s3fs, moto = pytest.importorskip("s3fs"), pytest.importorskip("moto.server")
    server = moto.ThreadedMotoServer(ip_address="127.0.0.1", port=0)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        for variable, value in {**KEYS, "AWS_ENDPOINT_URL": f"http://{host}:{port}"}.items():
            patch.setenv(variable, value)
        s3fs.S3FileSystem.clear_instance_cache()
        name = f"studies-{name.replace('_', '-').lower()}"[:60]
        s3fs.S3FileSystem().mkdir(name)  # the servers of one process share their buckets
        try:
            yield f"s3://{name}/mine"
        finally:
            s3fs.S3FileSystem.clear_instance_cache()
            server.stop()
