"""The mesh as a picture: one model, from a blueprint or from a tree, and a module per form."""

FORMS = ("mermaid", "html", "svg")
