"""Measures training on a Parquet file that is read as a stream, beside LightGBM."""
