"""How findings are shown: one module per form, each with `show(findings, view)`, imported when it is asked for."""

FORMS = ("text", "markdown", "json", "sarif", "html")
