"""The command line: builds the parts and hands them to the application.

This package imports nothing, so that the inbox opens without what only the commands need.
"""
