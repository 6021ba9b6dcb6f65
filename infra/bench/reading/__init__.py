"""Reading a table, beside polars, PyArrow and pandas."""
