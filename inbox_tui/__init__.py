"""A terminal inbox for the SMS that a company's numbers receive through SMS Centre."""

__version__ = "0.1.0"

PASSWORD_VARIABLE = "INBOX_TUI_PASSWORD"  # noqa: S105 # no password
"""The environment variable that gives a password where there is no keyring."""
API_KEY_VARIABLE = "INBOX_TUI_API_KEY"
"""The environment variable that gives an API key in its place."""
