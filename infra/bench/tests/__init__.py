"""Tests of the benchmarks' statistics."""
