"""A local server that behaves as api.md says, and the conversations it plays.

It is the other side in the tests and in `inbox-tui --demo`.
"""
