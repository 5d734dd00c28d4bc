"""Read sources and turn their pages into clean articles: text and metadata."""
