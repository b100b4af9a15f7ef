"""Evaluation of models: folds, readouts of task data, scores and confidence intervals."""
