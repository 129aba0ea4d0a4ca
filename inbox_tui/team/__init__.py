"""The hub that several machines share at one account: a PostgreSQL database.

Nothing of asyncpg is imported before a hub is connected to.
"""
