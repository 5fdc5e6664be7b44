//! The test harness and the integration tests.
