//! All SQL and migrations behind one Store; keeps sealed bytes, cannot open them.
