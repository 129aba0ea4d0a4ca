"""The command line: builds the parts and hands them to the application.

Nothing is imported here: the inbox opens without what only the commands need.
"""
