"""The checks of the exercises, one file for each notebook and named after it.

`hashviz_course.check` brings them together. They need no torch until a check of notebooks 06, 07,
08 or 12 runs.
"""
