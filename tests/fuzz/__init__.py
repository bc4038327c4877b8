"""Blueprints that nobody wrote: valid, nearly valid and hostile ones, and what must hold for all of them."""
