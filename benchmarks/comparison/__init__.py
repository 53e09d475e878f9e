"""How long it takes to read and judge a large run."""
