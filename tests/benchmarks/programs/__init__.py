"""Small programs to compare with; each is run by its path, so that it imports nothing of ours."""
