"""The report a city official reads: one HTML file, in English or in Dutch."""
