"""Measures scoring, beside smartcore, ONNX Runtime and scikit-learn."""
