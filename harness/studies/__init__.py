"""Operations on finished or repeated runs: rescoring, merging, reproduction, ceilings."""
