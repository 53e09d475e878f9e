"""What Task states can call on the local AWS: one module per service, and the generic AWS SDK integration."""
