"""Convert machine-learning models between frameworks."""

__version__ = "0.1.0"
