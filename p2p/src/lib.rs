//! Quorate on real devices.
