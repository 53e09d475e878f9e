"""How the local AWS and its engine hold under load, as ratios to what would be ideal."""
