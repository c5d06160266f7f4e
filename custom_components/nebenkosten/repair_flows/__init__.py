"""How is something mended by clicking? One flow for each kind of trouble."""
