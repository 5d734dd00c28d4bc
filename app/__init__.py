"""Web page for questions, articles and summaries. Uses only the public names of rag."""
