"""How a model is judged: folds, readouts of task data, scores and confidence intervals."""
