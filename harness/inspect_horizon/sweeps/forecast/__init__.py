"""What a sweep will spend, from what earlier runs spent: p10, p50 and p90 of dollars, tokens and runs."""
