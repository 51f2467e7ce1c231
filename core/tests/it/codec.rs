//! One value, one encoding: what encodes decodes to the same, and no other bytes do.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use proptest::prelude::*;
use quorate_core::codec::{Blob, DecodeErrorKind as Kind, EncodeError, decode, encode};
use quorate_core::game::{Data, Draw, Outcome, SeatChange, Why};
use quorate_core::ledger::Money;
use quorate_core::limits::DECODE_DEPTH_MAX;
use quorate_core::{Digest, Height, PerSeat, Seat, Seats, data};

#[data(crate = quorate_core)]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Unit;

#[data(crate = quorate_core)]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
struct Wrapped(u64);

#[data(crate = quorate_core)]
#[derive(PartialEq)]
struct Everything {
    flag: bool,
    small: (u8, i8),
    medium: (u16, i16, u32, i32),
    large: (u64, i64, u128, i128),
    letter: char,
    text: String,
    maybe: Option<Option<u8>>,
    list: Vec<Variants>,
    array: [u16; 3],
    map: BTreeMap<String, Wrapped>,
    set: BTreeSet<i32>,
    unit: (Unit, ()),
    blob: Blob,
}

#[data(crate = quorate_core)]
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Variants {
    Empty,
    One(Wrapped),
    Two(i64, String),
    Named { seat: Seat, seats: Vec<u8> },
}

fn kind<T: Data>(bytes: &[u8]) -> Kind {
    decode::<T>(bytes).unwrap_err().kind
}

fn round_trip<T: Data + PartialEq>(value: &T) {
    let bytes = encode(value).unwrap();
    let again: T = decode(&bytes).unwrap();
    assert_eq!(&again, value);
    assert_eq!(encode(&again).unwrap(), bytes);
}

mod layout {
    use super::*;

    /// The format is part of every signature and digest: these bytes may never change.
    #[test]
    fn the_bytes_are_as_documented() {
        let bytes = |value: &dyn Fn() -> Vec<u8>| value();
        let cases: [(Vec<u8>, &[u8]); 16] = [
            (encode(&true).unwrap(), &[1]),
            (encode(&200u8).unwrap(), &[200]),
            (encode(&127u32).unwrap(), &[127]),
            (encode(&128u32).unwrap(), &[0x80, 1]),
            (encode(&300u64).unwrap(), &[0xac, 2]),
            (encode(&-1i32).unwrap(), &[1]),
            (encode(&1i8).unwrap(), &[2]),
            (encode(&i8::MIN).unwrap(), &[0xff, 1]),
            (encode(&'a').unwrap(), &[97]),
            (encode("hé").unwrap(), &[3, b'h', 0xc3, 0xa9]),
            (encode(&None::<u8>).unwrap(), &[0]),
            (encode(&Some(5u8)).unwrap(), &[1, 5]),
            (encode(&vec![1u16, 2]).unwrap(), &[2, 1, 2]),
            (encode(&[1u16, 2]).unwrap(), &[1, 2]),
            (encode(&Variants::One(Wrapped(9))).unwrap(), &[1, 9]),
            (encode(&BTreeMap::from([(1u8, 2u8)])).unwrap(), &[1, 1, 2]),
        ];
        for (number, (encoded, expected)) in cases.iter().enumerate() {
            assert_eq!(bytes(&|| encoded.clone()), *expected, "case {number}");
        }
    }

    #[test]
    fn extremes_round_trip() {
        round_trip(&(
            u64::MAX,
            i64::MIN,
            i64::MAX,
            u128::MAX,
            i128::MIN,
            i128::MAX,
        ));
        round_trip(&(0u128, -1i128, u32::MAX, i32::MIN, u16::MAX, i16::MIN));
        round_trip(&('\0', '\u{10ffff}', String::new(), "\0".to_owned()));
        round_trip(&(
            Unit,
            (),
            Some(Some(0u8)),
            Some(None::<u8>),
            None::<Option<u8>>,
        ));
    }

    #[test]
    fn shared_values_encode_as_what_they_share() {
        assert_eq!(encode(&Arc::new(7u32)).unwrap(), encode(&7u32).unwrap());
        let blob = Blob::from(vec![1, 2, 3]);
        assert_eq!(encode(&blob).unwrap(), encode(&vec![1u8, 2, 3]).unwrap());
        round_trip(&blob);
    }
}

mod refused_to_encode {
    use super::*;

    #[test]
    fn floats_wherever_they_hide() {
        assert_eq!(encode(&1.0f32), Err(EncodeError::Float));
        assert_eq!(encode(&vec![Some((1u8, 1.0f64))]), Err(EncodeError::Float));
        assert_eq!(
            encode(&BTreeMap::from([(1u8, 1.0f64)])),
            Err(EncodeError::Float)
        );
        assert!(
            encode(&None::<f32>).is_ok(),
            "only a float that is there can be seen"
        );
    }

    #[test]
    fn maps_whose_keys_do_not_ascend() {
        let map: HashMap<u32, ()> = (0..100).map(|key| (key, ())).collect();
        assert_eq!(encode(&map), Err(EncodeError::MapOrder));
    }

    #[test]
    fn sequences_that_do_not_know_their_length() {
        struct Endless;
        impl serde::Serialize for Endless {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                serde::ser::SerializeSeq::end(s.serialize_seq(None)?)
            }
        }
        assert_eq!(encode(&Endless), Err(EncodeError::UnknownLength));
    }

    #[test]
    fn sequences_that_lie_about_their_length() {
        struct Liar(usize);
        impl serde::Serialize for Liar {
            fn serialize<S: serde::Serializer>(&self, s: S) -> Result<S::Ok, S::Error> {
                let mut seq = s.serialize_seq(Some(2))?;
                for _ in 0..self.0 {
                    serde::ser::SerializeSeq::serialize_element(&mut seq, &7u8)?;
                }
                serde::ser::SerializeSeq::end(seq)
            }
        }
        assert!(encode(&Liar(2)).is_ok());
        assert!(encode(&Liar(1)).is_err(), "it would run into what follows");
        assert!(encode(&Liar(3)).is_err());
    }

    #[test]
    fn lists_of_nothings() {
        assert_eq!(encode(&vec![(); 3]), Err(EncodeError::EmptyElements));
        assert_eq!(
            encode(&BTreeMap::from([((), Unit)])),
            Err(EncodeError::EmptyElements)
        );
        round_trip(&(Vec::<()>::new(), [(), ()]));
    }

    /// What would be refused on the way in is refused on the way out, or a table could decide what
    /// nobody can read.
    #[test]
    fn values_too_deep_to_be_decoded() {
        assert!(encode(&nested(DECODE_DEPTH_MAX)).is_ok());
        assert!(encode(&nested(DECODE_DEPTH_MAX + 2)).is_err());
    }
}

#[data(crate = quorate_core)]
#[derive(PartialEq)]
struct Nested(Vec<Nested>);

/// A value whose lists and wrappers nest `depth` deep.
fn nested(depth: u32) -> Nested {
    let levels = depth / 2; // each level is a wrapper around a list
    (1..levels).fold(Nested(vec![]), |inner, _| Nested(vec![inner]))
}

mod refused_to_decode {
    use super::*;

    #[test]
    fn bytes_that_end_early_or_late() {
        let bytes = encode(&(300u32, "text")).unwrap();
        decode::<(u32, String)>(&bytes).unwrap();
        for end in 0..bytes.len() {
            assert!(
                decode::<(u32, String)>(&bytes[..end]).is_err(),
                "cut at {end}"
            );
        }
        assert_eq!(
            kind::<(u32, String)>(&[&*bytes, &[0]].concat()),
            Kind::Trailing
        );
        assert_eq!(kind::<u8>(&[]), Kind::End);
    }

    #[test]
    fn varints_with_needless_bytes_or_too_large_for_their_type() {
        for bytes in [&[0x80, 0][..], &[0xff, 0x80, 0], &[0x80, 0x80, 0]] {
            assert_eq!(kind::<u64>(bytes), Kind::Varint, "{bytes:?}");
        }
        assert_eq!(kind::<u16>(&encode(&65_536u32).unwrap()), Kind::Varint);
        assert_eq!(kind::<i8>(&encode(&128i32).unwrap()), Kind::Varint);
        assert_eq!(kind::<u64>(&[&[0xff; 10][..], &[1]].concat()), Kind::Varint);
        let mut largest = encode(&u128::MAX).unwrap();
        decode::<u128>(&largest).unwrap();
        *largest.last_mut().unwrap() += 1;
        assert_eq!(kind::<u128>(&largest), Kind::Varint);
        assert_eq!(kind::<u128>(&[0x80; 30]), Kind::Varint);
    }

    #[test]
    fn lengths_beyond_the_end_before_anything_is_allocated() {
        let huge = encode(&(u64::MAX >> 1)).unwrap();
        assert_eq!(kind::<Vec<u64>>(&huge), Kind::Length);
        assert_eq!(kind::<String>(&huge), Kind::Length);
        assert_eq!(kind::<Blob>(&huge), Kind::Length);
        assert_eq!(kind::<BTreeMap<u8, u8>>(&huge), Kind::Length);
        assert_eq!(kind::<Vec<u8>>(&[3, 1, 2]), Kind::Length);
    }

    #[test]
    fn a_list_of_nothings_as_long_as_it_says() {
        // Elements without bytes: the length alone would make memory grow.
        let many = encode(&u32::MAX).unwrap();
        assert_eq!(kind::<Vec<()>>(&many), Kind::Length);
        assert_eq!(kind::<Vec<Unit>>(&many), Kind::Length);
    }

    #[test]
    fn tags_that_name_nothing() {
        assert_eq!(kind::<bool>(&[2]), Kind::Tag);
        assert_eq!(kind::<Option<u8>>(&[2, 0]), Kind::Tag);
        assert_eq!(kind::<char>(&encode(&0xd800u32).unwrap()), Kind::Tag);
        assert!(matches!(kind::<Variants>(&[9]), Kind::Invalid(_)));
    }

    #[test]
    fn text_that_is_not_utf_8() {
        assert_eq!(kind::<String>(&[2, 0xc3, 0x28]), Kind::Utf8);
    }

    #[test]
    fn maps_and_sets_that_are_not_in_order() {
        let pairs = |pairs: &[(u8, u8)]| encode(pairs).unwrap();
        decode::<BTreeMap<u8, u8>>(&pairs(&[(1, 0), (2, 0)])).unwrap();
        assert_eq!(
            kind::<BTreeMap<u8, u8>>(&pairs(&[(2, 0), (1, 0)])),
            Kind::NotCanonical
        );
        assert_eq!(
            kind::<BTreeMap<u8, u8>>(&pairs(&[(1, 0), (1, 0)])),
            Kind::NotCanonical
        );
        assert_eq!(
            kind::<BTreeSet<u8>>(&encode(&[2u8, 1].as_slice()).unwrap()),
            Kind::NotCanonical
        );
    }

    #[test]
    fn what_nests_too_deep_without_exhausting_the_stack() {
        decode::<Nested>(&encode(&nested(DECODE_DEPTH_MAX)).unwrap()).unwrap();
        // A list of one list of one list ...: one byte a level.
        let mut deep = vec![1; 100_000];
        deep.push(0);
        assert_eq!(kind::<Nested>(&deep), Kind::Depth);
    }

    #[test]
    fn types_that_ask_for_another_format() {
        #[data(crate = quorate_core)]
        #[serde(untagged)]
        enum Guess {
            Number(u8),
        }
        assert_eq!(kind::<Guess>(&[1]), Kind::Unsupported);
        assert_eq!(kind::<f32>(&[0; 4]), Kind::Unsupported);
    }

    #[test]
    fn a_type_that_skips_a_field_on_the_way_out() {
        #[data(crate = quorate_core)]
        struct Forgetful(#[serde(skip_serializing)] u8, u8);
        let bytes = encode(&Forgetful(1, 2)).unwrap();
        assert!(
            decode::<Forgetful>(&bytes).is_err(),
            "{:?}",
            Forgetful(1, 2).0
        );
    }

    #[test]
    fn seats_that_no_table_has() {
        assert_eq!(encode(&Seat::new(63).unwrap()).unwrap(), [63]);
        assert!(matches!(kind::<Seat>(&[64]), Kind::Invalid(_)));
        let pairs = |pairs: &[(u8, u8)]| encode(pairs).unwrap();
        decode::<PerSeat<u8>>(&pairs(&[(0, 1), (5, 1)])).unwrap();
        for bad in [&[(5, 1), (0, 1)][..], &[(5, 1), (5, 1)], &[(64, 1)]] {
            assert!(decode::<PerSeat<u8>>(&pairs(bad)).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn errors_say_where() {
        let error = decode::<(u8, bool)>(&[7, 9]).unwrap_err();
        assert_eq!(error.to_string(), "byte 2: impossible tag");
    }
}

mod order_of_keys {
    use super::*;

    /// A `BTreeMap` with keys of any type that derives `Ord` can be encoded.
    fn every_key_in_order<K: Data + Ord>(keys: Vec<K>) {
        let map: BTreeMap<K, ()> = keys.into_iter().map(|key| (key, ())).collect();
        let bytes = encode(&map).unwrap_or_else(|error| panic!("{error}: {map:?}"));
        let again: BTreeMap<K, ()> = decode(&bytes).unwrap();
        assert!(again.keys().eq(map.keys()));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn integers(keys: Vec<(i8, i64, u16)>) {
            every_key_in_order(keys);
        }

        #[test]
        fn wide_integers(keys: Vec<(i128, u128)>) {
            every_key_in_order(keys);
        }

        #[test]
        fn text_and_characters(keys: Vec<(String, char, bool)>) {
            every_key_in_order(keys);
        }

        #[test]
        fn lists_and_options(keys: Vec<(Vec<u8>, Option<Vec<i16>>, [u8; 2])>) {
            every_key_in_order(keys);
        }

        #[test]
        fn enums_and_structs(keys in prop::collection::vec((variants(), variants()), 0..20)) {
            every_key_in_order(keys);
        }

        #[test]
        fn maps_and_sets(keys: Vec<(BTreeMap<u8, i8>, BTreeSet<u16>)>) {
            every_key_in_order(keys);
        }
    }
}

fn variants() -> impl Strategy<Value = Variants> {
    prop_oneof![
        Just(Variants::Empty),
        any::<u64>().prop_map(|number| Variants::One(Wrapped(number))),
        any::<(i64, String)>().prop_map(|(number, text)| Variants::Two(number, text)),
        (0..64u8, any::<Vec<u8>>()).prop_map(|(seat, seats)| Variants::Named {
            seat: Seat::new(seat).unwrap(),
            seats
        }),
    ]
}

fn everything() -> impl Strategy<Value = Everything> {
    let numbers = (
        any::<(u8, i8)>(),
        any::<(u16, i16, u32, i32)>(),
        any::<(u64, i64, u128, i128)>(),
    );
    let text = (any::<char>(), any::<String>(), any::<Option<Option<u8>>>());
    let many = (
        prop::collection::vec(variants(), 0..5),
        prop::collection::btree_map(any::<String>(), any::<u64>().prop_map(Wrapped), 0..5),
        any::<BTreeSet<i32>>(),
    );
    let rest = (any::<bool>(), any::<[u16; 3]>(), any::<Vec<u8>>());
    (numbers, text, many, rest).prop_map(|(numbers, text, many, (flag, array, blob))| Everything {
        flag,
        small: numbers.0,
        medium: numbers.1,
        large: numbers.2,
        letter: text.0,
        text: text.1,
        maybe: text.2,
        list: many.0,
        array,
        map: many.1,
        set: many.2,
        unit: (Unit, ()),
        blob: blob.into(),
    })
}

/// Bytes that decode at all are the bytes of what they decode to.
fn decodes_canonically<T: Data>(bytes: &[u8]) {
    if let Ok(value) = decode::<T>(bytes) {
        assert_eq!(encode(&value).unwrap(), bytes, "{value:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn everything_round_trips(value in everything()) {
        round_trip(&value);
    }

    #[test]
    fn values_of_the_house_round_trip(bits: u64, seat in 0..64u8, units in 0..1u64 << 53) {
        let seats: Seats = decode(&encode(&bits).unwrap()).unwrap();
        let seat = Seat::new(seat).unwrap();
        round_trip(&(seats, seat, Money::new(units).unwrap(), Height(bits)));
        round_trip(&PerSeat::new(seats, |seat| seat.index() as u64));
        round_trip(&Digest::of_bytes("x", &bits.to_le_bytes()));
        round_trip(&Outcome::scored(seats.iter().map(|seat| (seat, seat.index() as i64 % 3))));
        round_trip(&(Draw::dice(2, 6), SeatChange::Gone(Why::Guilty), Draw::order(52)));
    }

    #[test]
    fn a_changed_byte_never_gives_the_same_value(
        value in everything(), at: prop::sample::Index, flip in 1..=255u8,
    ) {
        let mut bytes = encode(&value).unwrap();
        let at = at.index(bytes.len());
        bytes[at] ^= flip;
        if let Ok(other) = decode::<Everything>(&bytes) {
            prop_assert_ne!(encode(&other).unwrap(), encode(&value).unwrap());
            prop_assert_eq!(encode(&other).unwrap(), bytes);
        }
    }

    #[test]
    fn arbitrary_bytes_never_panic_and_decode_canonically(bytes: Vec<u8>) {
        decodes_canonically::<Everything>(&bytes);
        decodes_canonically::<Vec<Variants>>(&bytes);
        decodes_canonically::<BTreeMap<Vec<u8>, Option<i64>>>(&bytes);
        decodes_canonically::<(u128, i128, char, String)>(&bytes);
        decodes_canonically::<PerSeat<Vec<u16>>>(&bytes);
        decodes_canonically::<Nested>(&bytes);
    }
}
