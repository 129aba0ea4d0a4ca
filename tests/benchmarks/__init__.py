"""What the promises of speed come to on this machine, each beside its floor in the same run.

    PYTHONPATH=tests .venv/bin/python -m benchmarks

prints one table for archives of 100,000 and of 1,000,000 messages; `--quick` takes small ones, and
`--help` tells the rest. It needs Linux, some gigabytes of room for temporary files and, for the
first run of a day, some minutes to make the archives.

How each figure is taken is told where it is taken, in `figures.py`.
"""
