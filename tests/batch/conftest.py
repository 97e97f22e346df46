"""What all tests of batches use."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from support.batch_folder import make_manifest
from support.processes import skip_without

__all__ = ["make_manifest"]


@pytest.fixture(scope="package")
def cluster() -> Iterator[Any]:
    """A Dask cluster of two workers on this machine."""
    skip_without("distributed")
    from distributed import LocalCluster

    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None, host="127.0.0.1"
    ) as cluster:
        yield cluster
