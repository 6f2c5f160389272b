"""What is done with finished or repeated runs: rescoring, merging, reproduction, ceilings."""
