//! The rules of a chain, checked against the chain in memory and against a real node; then the outbox on both.

mod anvil;
mod conformance;
mod crashes;
mod lab;
mod outbox;
mod rpc;
mod simulation;
