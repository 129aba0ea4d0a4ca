"""A terminal inbox for the SMS that a company's numbers receive through SMS Centre."""

__version__ = "0.1.0"

PASSWORD_VARIABLE = "INBOX_TUI_PASSWORD"  # noqa: S105 # the name of a variable
"""The environment variable with the password, for machines without a keyring."""
API_KEY_VARIABLE = "INBOX_TUI_API_KEY"
"""The environment variable with an API key, used instead of a password."""
COMPLETE_VARIABLE = "_INBOX_TUI_COMPLETE"
"""The environment variable by which a shell asks for completions."""
