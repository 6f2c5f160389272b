"""From an encoder to one tag per unit: architectures, heads, the CRF."""
