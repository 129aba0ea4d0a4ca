"""The widgets of the screens: they display messages without knowing where these come from."""
