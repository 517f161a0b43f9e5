"""What the assets of a night work on: the night itself, the warehouse, the ledger, the model registry."""
