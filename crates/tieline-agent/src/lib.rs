//! The model loop: sessions, turns, model APIs, the pool; calls tools only through hub.
