"""From sources to clean articles: where they come from, and the text and facts of each."""
