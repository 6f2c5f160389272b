"""Which runs may stand in one table: rows, and the certificate."""
