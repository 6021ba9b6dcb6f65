"""Measures reading a table, beside polars, PyArrow and pandas."""
