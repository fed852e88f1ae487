"""Tests of the files that make the pages: catalogues, templates, style."""
