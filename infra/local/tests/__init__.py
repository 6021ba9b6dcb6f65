"""Tests of what reads a user's table, settings and names."""
