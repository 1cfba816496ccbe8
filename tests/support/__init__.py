"""What several tests need: the real thing, small."""
