"""Measures Evergreen's training beside other libraries: same rows, same split, same number of threads."""
