"""The families of models. Each file stands alone on one training loop; torch lives here."""
