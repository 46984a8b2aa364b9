"""A request as it is read: its headers, its query and its body."""
