"""Options, output, progress and exit codes; nothing else."""
