"""The public listener: bytes in, 202 out. aiohttp ends here."""
