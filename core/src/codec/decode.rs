//! The decoder half of the codec.

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, IntoDeserializer, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};

use super::error::{DecodeError, DecodeErrorKind as Kind};
use super::raw::RAW;
use crate::limits::DECODE_DEPTH_MAX;

/// Reads one value from a slice.
pub(super) struct Decoder<'de> {
    bytes: &'de [u8],
    offset: usize,
    depth: u32,
}

impl<'de> Decoder<'de> {
    #[inline]
    pub(super) const fn new(bytes: &'de [u8]) -> Self {
        Self {
            bytes,
            offset: 0,
            depth: 0,
        }
    }

    #[inline]
    pub(super) const fn error(&self, kind: Kind) -> DecodeError {
        DecodeError {
            offset: self.offset,
            kind,
        }
    }

    #[inline]
    pub(super) const fn remaining(&self) -> usize {
        self.bytes.len() - self.offset
    }

    #[inline]
    fn byte(&mut self) -> Result<u8, Kind> {
        let byte = *self.bytes.get(self.offset).ok_or(Kind::End)?;
        self.offset += 1;
        Ok(byte)
    }

    #[inline]
    fn varint(&mut self) -> Result<u64, Kind> {
        let first = self.byte()?;
        if first < 0x80 {
            return Ok(u64::from(first));
        }
        let mut value = u64::from(first & 0x7f);
        for shift in (7..64).step_by(7) {
            let byte = self.byte()?;
            if shift == 63 && byte > 1 {
                return Err(Kind::Varint);
            }
            value |= u64::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                return if byte == 0 {
                    Err(Kind::Varint)
                } else {
                    Ok(value)
                };
            }
        }
        Err(Kind::Varint)
    }

    /// The same for what few values need and arithmetic is slow for.
    #[inline]
    fn long_varint(&mut self) -> Result<u128, Kind> {
        let mut value = 0u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            if shift == 126 && byte > 3 {
                return Err(Kind::Varint);
            }
            value |= u128::from(byte & 0x7f) << shift;
            if byte & 0x80 == 0 {
                let over_long = byte == 0 && shift > 0;
                return if over_long {
                    Err(Kind::Varint)
                } else {
                    Ok(value)
                };
            }
        }
        Err(Kind::Varint)
    }

    fn unsigned<T: TryFrom<u64>>(&mut self) -> Result<T, Kind> {
        T::try_from(self.varint()?).map_err(|_| Kind::Varint)
    }

    fn signed<T: TryFrom<i64>>(&mut self) -> Result<T, Kind> {
        let zigzag = self.varint()?;
        let value = (zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed();
        T::try_from(value).map_err(|_| Kind::Varint)
    }

    #[inline]
    fn long_signed(&mut self) -> Result<i128, Kind> {
        let zigzag = self.long_varint()?;
        Ok((zigzag >> 1).cast_signed() ^ -(zigzag & 1).cast_signed())
    }

    /// A length can be no more than the bytes left, for every element takes at least one.
    #[inline]
    fn length(&mut self) -> Result<usize, Kind> {
        let length: usize = self.unsigned()?;
        if length > self.remaining() {
            Err(Kind::Length)
        } else {
            Ok(length)
        }
    }

    #[inline]
    fn slice(&mut self) -> Result<&'de [u8], Kind> {
        let length = self.length()?;
        self.take(length)
    }

    #[inline]
    fn take(&mut self, length: usize) -> Result<&'de [u8], Kind> {
        let rest = &self.bytes[self.offset..];
        let (slice, _) = rest.split_at_checked(length).ok_or(Kind::End)?;
        self.offset += length;
        Ok(slice)
    }

    #[inline]
    fn text(&mut self) -> Result<&'de str, Kind> {
        std::str::from_utf8(self.slice()?).map_err(|_| Kind::Utf8)
    }

    #[inline]
    fn flag(&mut self) -> Result<bool, Kind> {
        match self.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(Kind::Tag),
        }
    }

    fn nested<T>(&mut self, read: impl FnOnce(&mut Self) -> Result<T, Kind>) -> Result<T, Kind> {
        if self.depth == DECODE_DEPTH_MAX {
            return Err(Kind::Depth);
        }
        self.depth += 1;
        let value = read(self);
        self.depth -= 1;
        value
    }
}

macro_rules! numbers {
    ($($method:ident => $visit:ident($read:ident)),* $(,)?) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
            visitor.$visit(self.$read()?)
        }
    )*};
}

macro_rules! unsupported {
    ($($method:ident),*) => {$(
        #[inline]
        fn $method<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Kind> {
            Err(Kind::Unsupported)
        }
    )*};
}

impl<'de> Deserializer<'de> for &mut Decoder<'de> {
    type Error = Kind;

    #[inline]
    fn is_human_readable(&self) -> bool {
        false
    }

    unsupported!(
        deserialize_any,
        deserialize_ignored_any,
        deserialize_identifier,
        deserialize_f32,
        deserialize_f64
    );

    numbers!(
        deserialize_bool => visit_bool(flag),
        deserialize_u8 => visit_u8(byte),
        deserialize_u16 => visit_u16(unsigned),
        deserialize_u32 => visit_u32(unsigned),
        deserialize_u64 => visit_u64(unsigned),
        deserialize_u128 => visit_u128(long_varint),
        deserialize_i8 => visit_i8(signed),
        deserialize_i16 => visit_i16(signed),
        deserialize_i32 => visit_i32(signed),
        deserialize_i64 => visit_i64(signed),
        deserialize_i128 => visit_i128(long_signed),
        deserialize_str => visit_borrowed_str(text),
        deserialize_string => visit_borrowed_str(text),
        deserialize_bytes => visit_borrowed_bytes(slice),
        deserialize_byte_buf => visit_borrowed_bytes(slice),
    );

    fn deserialize_char<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
        let code = self.unsigned::<u32>()?;
        visitor.visit_char(char::from_u32(code).ok_or(Kind::Tag)?)
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
        if self.flag()? {
            self.nested(|this| visitor.visit_some(this))
        } else {
            visitor.visit_none()
        }
    }

    fn deserialize_unit<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
        visitor.visit_unit()
    }

    fn deserialize_unit_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Kind> {
        visitor.visit_unit()
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Kind> {
        self.nested(|this| visitor.visit_newtype_struct(this))
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
        let left = self.length()?;
        self.nested(|decoder| visitor.visit_seq(Elements { decoder, left }))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Kind> {
        self.nested(|decoder| visitor.visit_seq(Elements { decoder, left }))
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        name: &'static str,
        left: usize,
        visitor: V,
    ) -> Result<V::Value, Kind> {
        if name == RAW {
            let bytes = self.nested(|decoder| decoder.take(left))?;
            return visitor.visit_borrowed_bytes(bytes);
        }
        self.deserialize_tuple(left, visitor)
    }

    fn deserialize_map<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Kind> {
        let left = self.length()?;
        self.nested(|decoder| visitor.visit_map(Elements { decoder, left }))
    }

    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Kind> {
        self.deserialize_tuple(fields.len(), visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Kind> {
        self.nested(|decoder| visitor.visit_enum(Variant { decoder }))
    }
}

struct Elements<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
    left: usize,
}

impl<'de> SeqAccess<'de> for Elements<'_, 'de> {
    type Error = Kind;

    fn next_element_seed<T: DeserializeSeed<'de>>(
        &mut self,
        seed: T,
    ) -> Result<Option<T::Value>, Kind> {
        if self.left == 0 {
            return Ok(None);
        }
        self.left -= 1;
        seed.deserialize(&mut *self.decoder).map(Some)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

impl<'de> MapAccess<'de> for Elements<'_, 'de> {
    type Error = Kind;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Kind> {
        self.next_element_seed(seed)
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Kind> {
        seed.deserialize(&mut *self.decoder)
    }

    #[inline]
    fn size_hint(&self) -> Option<usize> {
        Some(self.left)
    }
}

struct Variant<'a, 'de> {
    decoder: &'a mut Decoder<'de>,
}

impl<'de> EnumAccess<'de> for Variant<'_, 'de> {
    type Error = Kind;
    type Variant = Self;

    fn variant_seed<V: DeserializeSeed<'de>>(self, seed: V) -> Result<(V::Value, Self), Kind> {
        let index: u32 = self.decoder.unsigned()?;
        let value = seed.deserialize(IntoDeserializer::<Kind>::into_deserializer(index))?;
        Ok((value, self))
    }
}

impl<'de> VariantAccess<'de> for Variant<'_, 'de> {
    type Error = Kind;

    #[inline]
    fn unit_variant(self) -> Result<(), Kind> {
        Ok(())
    }

    fn newtype_variant_seed<T: DeserializeSeed<'de>>(self, seed: T) -> Result<T::Value, Kind> {
        seed.deserialize(self.decoder)
    }

    fn tuple_variant<V: Visitor<'de>>(self, left: usize, visitor: V) -> Result<V::Value, Kind> {
        visitor.visit_seq(Elements {
            decoder: self.decoder,
            left,
        }) // the enum is the level
    }

    fn struct_variant<V: Visitor<'de>>(
        self,
        fields: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Kind> {
        self.tuple_variant(fields.len(), visitor)
    }
}
