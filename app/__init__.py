"""The web page: questions, articles and summaries in a browser. A guest of rag's public names."""
