"""Raw text for pretraining: what may be read, what is held out, in which order, and the record."""
