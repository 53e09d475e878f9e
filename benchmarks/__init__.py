"""What the product gains, measured. Ratios within one run; nothing here is a timed test."""
