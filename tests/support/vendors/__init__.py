"""Real HTTP servers on loopback that speak other vendors' protocols, and keep the count that each would bill."""
