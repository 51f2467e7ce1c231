//! The encoder half of the codec.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::{error::EncodeError, order, raw::RAW};
use crate::limits::DECODE_DEPTH_MAX;

/// Collects the canonical bytes of a value. It refuses what the decoder would refuse, or a table
/// could decide what nobody can read.
pub(super) struct Encoder {
    bytes: Vec<u8>,
    depth: u32,
    /// The bytes that follow have a length that everybody knows.
    raw: bool,
    /// The fields around what could not be encoded, the innermost first.
    lost: Vec<&'static str>,
}

impl Encoder {
    #[inline]
    /// An encoder that appends to `bytes`.
    pub(super) const fn after(bytes: Vec<u8>) -> Self {
        Self {
            bytes,
            depth: 0,
            raw: false,
            lost: Vec::new(),
        }
    }

    #[inline]
    pub(super) fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The fields around what could not be encoded, the outermost first.
    pub(super) fn place(&self) -> Vec<&'static str> {
        self.lost.iter().rev().copied().collect()
    }

    #[inline]
    fn varint(&mut self, mut value: u64) {
        while value >= 0x80 {
            // The mask leaves seven bits, which fit.
            #[allow(clippy::cast_possible_truncation)]
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        #[allow(clippy::cast_possible_truncation)] // below 0x80
        self.bytes.push(value as u8);
    }

    /// The same for what few values need and arithmetic is slow for.
    #[inline]
    fn long_varint(&mut self, mut value: u128) {
        while value > u128::from(u64::MAX) {
            #[allow(clippy::cast_possible_truncation)] // the mask leaves seven bits
            self.bytes.push((value & 0x7f) as u8 | 0x80);
            value >>= 7;
        }
        #[allow(clippy::cast_possible_truncation)] // no more than the largest
        self.varint(value as u64);
    }

    #[inline]
    fn zigzag(&mut self, value: i64) {
        self.varint((value << 1).cast_unsigned() ^ (value >> 63).cast_unsigned());
    }

    #[inline]
    fn length(&mut self, length: usize) {
        self.varint(length as u64);
    }

    /// Goes one level down; [`leave`](Self::leave) comes back. The decoder counts the same levels.
    #[inline]
    fn enter(&mut self) -> Result<&mut Self, EncodeError> {
        if self.depth == DECODE_DEPTH_MAX {
            return Err(EncodeError::Depth);
        }
        self.depth += 1;
        Ok(self)
    }

    #[inline]
    fn leave(&mut self) {
        self.depth -= 1;
    }

    fn nested<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self.enter()?)?;
        self.leave();
        Ok(())
    }
}

macro_rules! unsigned {
    ($($method:ident: $int:ty),*) => {$(
        #[inline]
        fn $method(self, value: $int) -> Result<(), EncodeError> {
            self.varint(u64::from(value));
            Ok(())
        }
    )*};
}

macro_rules! signed {
    ($($method:ident: $int:ty),*) => {$(
        #[inline]
        fn $method(self, value: $int) -> Result<(), EncodeError> {
            self.zigzag(i64::from(value));
            Ok(())
        }
    )*};
}

impl<'a> Serializer for &'a mut Encoder {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Counted<'a>;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = MapEncoder<'a>;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    #[inline]
    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.bytes.push(u8::from(value));
        Ok(())
    }

    #[inline]
    fn serialize_u8(self, value: u8) -> Result<(), EncodeError> {
        self.bytes.push(value);
        Ok(())
    }

    unsigned!(serialize_u16: u16, serialize_u32: u32, serialize_u64: u64);
    signed!(serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64);

    #[inline]
    fn serialize_u128(self, value: u128) -> Result<(), EncodeError> {
        self.long_varint(value);
        Ok(())
    }

    #[inline]
    fn serialize_i128(self, value: i128) -> Result<(), EncodeError> {
        self.long_varint((value << 1).cast_unsigned() ^ (value >> 127).cast_unsigned());
        Ok(())
    }

    #[inline]
    fn serialize_f32(self, _: f32) -> Result<(), EncodeError> {
        Err(EncodeError::Float)
    }

    #[inline]
    fn serialize_f64(self, _: f64) -> Result<(), EncodeError> {
        Err(EncodeError::Float)
    }

    #[inline]
    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.serialize_u32(u32::from(value))
    }

    #[inline]
    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.serialize_bytes(value.as_bytes())
    }

    #[inline]
    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        if !std::mem::take(&mut self.raw) {
            self.length(value.len());
        }
        self.bytes.extend_from_slice(value);
        Ok(())
    }

    #[inline]
    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_bool(false)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.bytes.push(1);
        self.nested(value)
    }

    #[inline]
    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    #[inline]
    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), EncodeError> {
        self.serialize_u32(index)
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.raw = name == RAW;
        self.nested(value)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.varint(u64::from(index));
        self.nested(value)
    }

    #[inline]
    fn serialize_seq(self, length: Option<usize>) -> Result<Counted<'a>, EncodeError> {
        Counted::new(self.enter()?, length)
    }

    #[inline]
    fn serialize_tuple(self, _: usize) -> Result<Self, EncodeError> {
        self.enter()
    }

    #[inline]
    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, EncodeError> {
        self.enter()
    }

    #[inline]
    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, EncodeError> {
        self.varint(u64::from(index));
        self.enter()
    }

    #[inline]
    fn serialize_map(self, length: Option<usize>) -> Result<MapEncoder<'a>, EncodeError> {
        Ok(MapEncoder {
            entries: Counted::new(self.enter()?, length)?,
            last_key: None,
        })
    }

    #[inline]
    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, EncodeError> {
        self.enter()
    }

    #[inline]
    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, EncodeError> {
        self.varint(u64::from(index));
        self.enter()
    }
}

macro_rules! compound {
    ($($name:ident::$method:ident),*) => {$(
        impl $name for &mut Encoder {
            type Ok = ();
            type Error = EncodeError;

            #[inline]
            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                value.serialize(&mut **self)
            }

            #[inline]
            fn end(self) -> Result<(), EncodeError> {
                self.leave();
                Ok(())
            }
        }
    )*};
}

compound!(
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($name:ident),*) => {$(
        impl $name for &mut Encoder {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                let done = value.serialize(&mut **self);
                if done.is_err() {
                    self.lost.push(name);
                }
                done
            }

            #[inline]
            fn end(self) -> Result<(), EncodeError> {
                self.leave();
                Ok(())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);

/// Encodes as many elements as were announced, each of at least one byte: the decoder trusts no
/// length beyond the bytes that are left.
pub(super) struct Counted<'a> {
    encoder: &'a mut Encoder,
    left: usize,
    /// How many bytes there must be in the end.
    bytes_min: usize,
}

impl<'a> Counted<'a> {
    #[inline]
    fn new(encoder: &'a mut Encoder, length: Option<usize>) -> Result<Self, EncodeError> {
        let left = length.ok_or(EncodeError::UnknownLength)?;
        encoder.length(left);
        let bytes_min = encoder.bytes.len().saturating_add(left);
        Ok(Self {
            encoder,
            left,
            bytes_min,
        })
    }

    #[inline]
    fn next(&mut self) -> Result<&mut Encoder, EncodeError> {
        self.left = self.left.checked_sub(1).ok_or(EncodeError::WrongLength)?;
        Ok(self.encoder)
    }

    #[inline]
    fn end(self) -> Result<(), EncodeError> {
        if self.left > 0 {
            return Err(EncodeError::WrongLength);
        }
        if self.encoder.bytes.len() < self.bytes_min {
            return Err(EncodeError::EmptyElements);
        }
        self.encoder.leave();
        Ok(())
    }
}

impl SerializeSeq for Counted<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(self.next()?)
    }

    #[inline]
    fn end(self) -> Result<(), EncodeError> {
        self.end()
    }
}

/// Encodes a map, holding each key against the one before it.
pub(super) struct MapEncoder<'a> {
    entries: Counted<'a>,
    last_key: Option<Vec<u8>>,
}

impl SerializeMap for MapEncoder<'_> {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        key.serialize(self.entries.next()?)?; // first, for it bounds how deep the key nests
        let order = order::key(key)?;
        if self.last_key.as_ref().is_some_and(|last| *last >= order) {
            return Err(EncodeError::MapOrder);
        }
        self.last_key = Some(order);
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut *self.entries.encoder)
    }

    #[inline]
    fn end(self) -> Result<(), EncodeError> {
        self.entries.end()
    }
}
