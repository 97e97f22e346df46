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

    # Any free port: that of the dashboard is another cluster's where tests run side by side.
    with LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, dashboard_address="127.0.0.1:0", host="127.0.0.1"
    ) as cluster:
        yield cluster
