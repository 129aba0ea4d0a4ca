"""A local server that behaves as api.md describes, and the messages it serves.

Used by `inbox-tui --demo` and by the tests.
"""
