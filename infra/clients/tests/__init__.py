"""Tests of the protocols, one file for each client."""
