//! Finds and starts a private PostgreSQL and a local chain for development and tests.
