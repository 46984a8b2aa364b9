"""The answers as a person reads them at a terminal: plain text and Markdown, every number as in the JSON."""
