//! Quorate on real devices.
#![forbid(unsafe_code)]

pub mod limits;
pub mod link;
pub mod net;
pub mod store;
