"""A terminal inbox for the SMS that a company's numbers receive through SMS Centre."""

__version__ = "0.1.0"

ENVIRONMENT = "INBOX_TUI_PASSWORD"
"""The environment variable that gives a password where there is no keyring."""
API_KEY_ENVIRONMENT = "INBOX_TUI_API_KEY"
"""The one that gives an API key."""
