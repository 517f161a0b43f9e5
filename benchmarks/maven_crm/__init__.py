"""A pipeline of 8,800 opportunities as a Salesforce export with nothing else present, through the nightly job."""
