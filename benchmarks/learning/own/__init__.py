"""Any randomised trial through the ordinary nightly job: it learns from one part and decides for the other."""
