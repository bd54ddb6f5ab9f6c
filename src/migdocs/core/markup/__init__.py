"""Markdown, Mermaid, SVG and links: how what is said is written, and made harmless."""
