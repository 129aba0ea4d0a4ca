"""The least that Textual can do: an application with nothing in it."""

from textual.app import App

App[None]().run()
