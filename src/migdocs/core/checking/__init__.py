"""What is wrong, what it means, and how it is told to people, forges and CI."""
