"""The service as documented: messages, answers, errors, the one-request client and the limit.

Nothing is imported here: `client` brings httpx along and `answers` the parsers, which the first
frame does not need.
"""
