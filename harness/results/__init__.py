"""The files of a run: their records, one reader and one writer, scores from stored answers."""
