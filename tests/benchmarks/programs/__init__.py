"""Small baseline programs, run by path so that they import nothing of this project."""
