"""A terminal inbox for the SMS that a company's numbers receive through SMS Centre."""

__version__ = "0.1.0"
