//! What nodes and tables do on real sockets, on one device.

mod acting;
mod gathering;
mod home;
mod playing;
mod race;
mod restarting;
mod watching;
