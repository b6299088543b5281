"""The systems of the API, one module each: their requests, their answers, their rows of the table, their calls."""
