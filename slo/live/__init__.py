"""A run under way: its snapshot for the web page, the page, the progress line."""
