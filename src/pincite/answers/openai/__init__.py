"""OpenAI's protocol: answers and models as clients of OpenAI's API know them, unchanged."""
