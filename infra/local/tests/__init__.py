"""Tests of the code that reads a user's table, settings and names."""
