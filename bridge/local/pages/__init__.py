"""Status pages, their components, and how those did."""
