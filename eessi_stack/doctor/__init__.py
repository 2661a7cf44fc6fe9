"""Everything that would make an install fail, or a user unhappy, tried before it does."""
