"""Pages for people: one self-contained HTML file each, with no request to any network."""
