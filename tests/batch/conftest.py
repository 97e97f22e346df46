"""What all tests of batches use."""

from support.batch_folder import make_manifest

__all__ = ["make_manifest"]
