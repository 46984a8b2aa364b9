"""Constants that are fitted on published tables, by scripts that can leave a part of a table out."""
