"""Measures Evergreen's training beside scikit-learn's: same rows, same split, same number of threads."""
