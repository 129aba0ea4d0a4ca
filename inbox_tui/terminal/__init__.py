"""The terminal the inbox runs in: Textual's driver, notifications, title and clipboard."""
