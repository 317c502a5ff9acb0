"""Sound as samples: format, level, loudness, voice activity, resampling and Opus."""
