"""Settings of the documentation site, for Sphinx; :mod:`tools.make_site` lays out its pages."""

project = "expatsim"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
myst_heading_anchors = 4  # links to headings as on GitHub, checked
html_theme = "furo"
html_title = "expatsim"
html_copy_source = False
html_show_sphinx = False
highlight_language = "none"  # where a page names none
pygments_style = "friendly"
pygments_dark_style = "github-dark"
