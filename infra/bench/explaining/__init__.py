"""Measures explanations of predictions beside shap and LightGBM."""
