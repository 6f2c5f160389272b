"""Raw text for pretraining: what may be read, what must not be, in which order, and the record."""
