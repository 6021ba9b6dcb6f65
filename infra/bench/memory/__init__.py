"""Compares the memory of training with its estimate."""
