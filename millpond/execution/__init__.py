"""Execution of work in this process, worker processes, Dask or Slurm."""
