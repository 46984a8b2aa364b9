"""From a tree of modules to blocks in the order in which they run, with the head at the end."""
