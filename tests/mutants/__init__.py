"""Mutants: one small change of the code at a time, made by cosmic-ray's operators; some test has to fail for each."""
