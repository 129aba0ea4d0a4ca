"""The hub: a PostgreSQL database that several machines with the same account share.

asyncpg is imported only when a hub is connected to.
"""
