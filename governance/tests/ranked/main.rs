//! Aim: the ranked methods come out as published elections did, and as slow counts written a second time do. Method: real
//! elections from a folder outside this repository (a line says where it is absent), and random ones.

#![allow(clippy::expect_used, clippy::unwrap_used, reason = "a test fails by panicking")]

#[path = "../shared/mod.rs"]
mod shared;

mod cases;
mod clones;
mod dao;
mod naive;
mod profiles;
mod properties;
mod rctab;
mod us;
