"""Where work is computed: this process, worker processes, Dask or Slurm."""
