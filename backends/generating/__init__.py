"""From a generator to text or tags: vocabularies, decoding, caches."""
