"""Figures as pure functions of the tables that the queries return."""
