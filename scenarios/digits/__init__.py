"""Spoken digits: corpora, front ends, splits."""
