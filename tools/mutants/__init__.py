"""Small wrong changes to the core, made one at a time, to see which ones the tests notice."""
