"""The baseline for start and memory: an empty Textual application."""

from textual.app import App

App[None]().run()
