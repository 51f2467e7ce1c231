//! Fresh secret bytes, from two sources of which one is enough.

use std::io;

use quorate_core::Digest;
use zeroize::Zeroizing;

/// 32 bytes that nobody else knows, for `purpose`: the system's randomness, mixed with what the app
/// added. They are as good as the better of the two.
///
/// # Errors
/// If the system has no randomness to give.
pub(crate) fn fresh(purpose: &str, app: &[u8; 32]) -> io::Result<Zeroizing<[u8; 32]>> {
    let mut system = Zeroizing::new([0; 32]);
    getrandom::fill(&mut *system).map_err(|_| io::Error::other("no randomness"))?;
    Ok(mix(purpose, &system, app))
}

fn mix(purpose: &str, system: &[u8; 32], app: &[u8; 32]) -> Zeroizing<[u8; 32]> {
    let both = Zeroizing::new([*system, *app].concat());
    Zeroizing::new(*Digest::of_bytes(purpose, &both).as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_bytes_depend_on_the_system_and_on_what_the_app_adds() {
        let mixed = mix("entropy", &[1; 32], &[2; 32]);
        assert_eq!(mixed, mix("entropy", &[1; 32], &[2; 32]));
        assert_ne!(mixed, mix("entropy", &[3; 32], &[2; 32]));
        assert_ne!(mixed, mix("entropy", &[1; 32], &[3; 32]));
        assert_ne!(mixed, mix("key", &[1; 32], &[2; 32]));
        let fresh = || fresh("entropy", &[0; 32]).unwrap();
        assert_ne!(fresh(), fresh(), "the app need not add anything");
    }
}
