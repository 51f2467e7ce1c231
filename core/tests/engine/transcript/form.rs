//! The form of a transcript: its genesis, its parts and their places, every bit.

use quorate_core::crypto::AnyScheme;
use quorate_core::genesis::{DicePolicy, GenesisError, Protocol, SignedGenesis};
use quorate_core::transcript::{Cause, MAGIC, Part, ReadError, verify};
use quorate_core::{Height, Seats};

use super::{parts, played, recorded, replayed, written};
use crate::chips::{Action, Chips};
use crate::rps::Rps;
use crate::table::{SECOND, Table, seat};

#[test]
fn the_genesis_is_what_every_seat_signed() {
    let bytes = recorded(&played(Protocol::Pbft), 0, None);
    let changed = |change: &dyn Fn(&mut SignedGenesis)| {
        let mut parts = parts(&bytes);
        let Part::Genesis(signed) = &mut parts[0] else {
            panic!()
        };
        change(signed);
        let flaw = verify(&*written(&parts), AnyScheme).unwrap_err();
        assert_eq!(flaw.height, None);
        assert_eq!(replayed::<Chips>(&written(&parts)).unwrap_err(), flaw);
        flaw.cause
    };
    let everybody = Cause::Unsigned(Seats::first(4));
    assert_eq!(changed(&|signed| signed.genesis.options.push(0)), everybody);
    let kinder = |signed: &mut SignedGenesis| {
        signed.genesis.dice = DicePolicy::Local;
    };
    assert_eq!(changed(&kinder), everybody);
    let one = Cause::Unsigned(Seats::from(seat(2)));
    let drop_one = |signed: &mut SignedGenesis| {
        signed.signatures.remove(seat(2));
    };
    assert_eq!(changed(&drop_one), one);
    let extra = |signed: &mut SignedGenesis| {
        let any = signed.signatures.iter().next().unwrap().1.clone();
        signed.signatures.insert(seat(20), any);
    };
    assert_eq!(changed(&extra), Cause::GenesisStranger);
    let nobody = |signed: &mut SignedGenesis| signed.genesis.seats.clear();
    assert!(matches!(changed(&nobody), Cause::Genesis(_)));
    // Whoever verifies it shall not read on the screen what the file writes there.
    let clears = |signed: &mut SignedGenesis| {
        signed.genesis.game = "chips\u{1b}[2J".to_owned();
    };
    let control = GenesisError::GameNameControl;
    assert_eq!(changed(&clears), Cause::Genesis(control));
    let flaw = replayed::<Rps>(&bytes).unwrap_err();
    assert!(matches!(flaw.cause, Cause::OtherGame { .. }), "{flaw}");
}

#[test]
fn parts_have_their_places() {
    let bytes = recorded(&played(Protocol::Pbft), 0, None);
    let all = parts(&bytes);
    let flaw = |parts: &[Part]| {
        let flaw = verify(&*written(parts), AnyScheme).unwrap_err();
        assert!(replayed::<Chips>(&written(parts)).is_err());
        flaw.cause
    };
    let last = all.len() - 1;
    assert_eq!(flaw(&all[1..]), Cause::Misplaced, "no genesis");
    assert_eq!(flaw(&all[..last]), Cause::Read(ReadError::CutOff));
    let mut shorter = all.clone();
    shorter.remove(last - 1);
    assert_eq!(flaw(&shorter), Cause::End(Height(last as u64 - 1)));
    let mut gap = all.clone();
    gap.remove(2);
    assert_eq!(flaw(&gap), Cause::Height(Height(3)));
    let mut twice = all.clone();
    twice.insert(1, all[0].clone());
    assert_eq!(flaw(&twice), Cause::Misplaced);
    let mut more = bytes.clone();
    more.push(0);
    let cause = verify(&*more, AnyScheme).unwrap_err().cause;
    assert_eq!(cause, Cause::Read(ReadError::Trailing));
    let cause = verify(&bytes[..bytes.len() - 1], AnyScheme)
        .unwrap_err()
        .cause;
    assert_eq!(cause, Cause::Read(ReadError::CutOff));
    let mut newer = bytes;
    newer[MAGIC.len() - 2] = b'2';
    let cause = verify(&*newer, AnyScheme).unwrap_err().cause;
    assert_eq!(cause, Cause::Read(ReadError::Form));
}

#[test]
fn a_flipped_bit_anywhere_is_found() {
    let mut table = Table::under(Protocol::Pbft, Chips::default(), 2);
    table.act(0, Action::Roll);
    table.pass(SECOND);
    let bytes = recorded(&table, 0, None);
    verify(&*bytes, AnyScheme).unwrap();
    for at in (0..bytes.len()).filter(|at| *at < 64 || at % 3 == 0) {
        let mut flipped = bytes.clone();
        flipped[at] ^= 1 << (at % 8);
        assert!(
            verify(&*flipped, AnyScheme).is_err(),
            "byte {at} of {}",
            bytes.len()
        );
        if at % 48 == 0 {
            assert!(replayed::<Chips>(&flipped).is_err(), "byte {at}");
        }
    }
}

#[test]
fn a_part_that_promises_more_than_any_has_is_not_read() {
    let mut bytes = MAGIC.to_vec();
    bytes.extend(u32::MAX.to_le_bytes());
    let flaw = verify(&*bytes, AnyScheme).unwrap_err();
    assert_eq!(flaw.cause, Cause::Read(ReadError::TooLong(u32::MAX)));
}
