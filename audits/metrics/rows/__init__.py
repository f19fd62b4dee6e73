"""The rows of the catalogue, by what they speak of."""
