"""The report in words: by rules, which always work, or by OpenAI."""
