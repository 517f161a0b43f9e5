"""To forget a person: in the warehouse, the ledger, what was published, the models, and every export to come."""
