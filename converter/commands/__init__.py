"""The commands, a module for each that belong together: arguments in, results out. No logic."""
