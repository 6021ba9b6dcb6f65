"""Tests of the proof's statistics."""
