"""Benchmarks of the promised figures on this machine, most with a baseline from the same run.

    PYTHONPATH=tests .venv/bin/python -m benchmarks

prints a table for an archive of 100,000 messages and one for 1,000,000; `--quick` uses a smaller
archive, and `--help` lists the other options. It needs Linux, some gigabytes of space for temporary
files and, on the first run of a day, some minutes to make the archives.

How the figures are measured is described in `figures.py`.
"""
