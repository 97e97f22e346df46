"""Fuzz targets: fuzz_*.cpp for the decoders in C++, readers.py for those in Python."""
