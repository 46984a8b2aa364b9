"""The claims of the founding guides, as they hold in the answers."""
