//! Order-preserving bytes of map keys: they compare as a derived `Ord` compares the keys.
//!
//! Never on the wire. Integers are big-endian with the sign flipped, text ends with a mark below
//! every continuation, elements of a sequence are each announced.

use serde::ser::{
    Serialize, SerializeMap, SerializeSeq, SerializeStruct, SerializeStructVariant, SerializeTuple,
    SerializeTupleStruct, SerializeTupleVariant, Serializer,
};

use super::error::EncodeError;

pub(super) fn key<T: Serialize + ?Sized>(key: &T) -> Result<Vec<u8>, EncodeError> {
    let mut order = Order(Vec::new());
    key.serialize(&mut order)?;
    Ok(order.0)
}

struct Order(Vec<u8>);

const END: u8 = 0;
const MORE: u8 = 1;

impl Order {
    fn variant(&mut self, index: u32) {
        self.0.extend(index.to_be_bytes());
    }
}

macro_rules! integers {
    ($($method:ident: $int:ty, $flip:expr);*) => {$(
        fn $method(self, value: $int) -> Result<(), EncodeError> {
            self.0.extend((value ^ $flip).to_be_bytes());
            Ok(())
        }
    )*};
}

impl Serializer for &mut Order {
    type Ok = ();
    type Error = EncodeError;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Self;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Self;

    fn is_human_readable(&self) -> bool {
        false
    }

    integers!(
        serialize_u8: u8, 0; serialize_u16: u16, 0; serialize_u32: u32, 0; serialize_u64: u64, 0;
        serialize_u128: u128, 0; serialize_i8: i8, i8::MIN; serialize_i16: i16, i16::MIN;
        serialize_i32: i32, i32::MIN; serialize_i64: i64, i64::MIN; serialize_i128: i128, i128::MIN
    );

    fn serialize_bool(self, value: bool) -> Result<(), EncodeError> {
        self.serialize_u8(u8::from(value))
    }

    fn serialize_f32(self, _: f32) -> Result<(), EncodeError> {
        Err(EncodeError::Float)
    }

    fn serialize_f64(self, _: f64) -> Result<(), EncodeError> {
        Err(EncodeError::Float)
    }

    fn serialize_char(self, value: char) -> Result<(), EncodeError> {
        self.serialize_u32(u32::from(value))
    }

    fn serialize_str(self, value: &str) -> Result<(), EncodeError> {
        self.serialize_bytes(value.as_bytes())
    }

    fn serialize_bytes(self, value: &[u8]) -> Result<(), EncodeError> {
        for byte in value {
            self.0.extend([MORE, *byte]);
        }
        self.0.push(END);
        Ok(())
    }

    fn serialize_none(self) -> Result<(), EncodeError> {
        self.serialize_u8(0)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), EncodeError> {
        self.0.push(1);
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_struct(self, _: &'static str) -> Result<(), EncodeError> {
        Ok(())
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
    ) -> Result<(), EncodeError> {
        self.variant(index);
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), EncodeError> {
        self.variant(index);
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, EncodeError> {
        self.variant(index);
        Ok(self)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, EncodeError> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        index: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self, EncodeError> {
        self.variant(index);
        Ok(self)
    }
}

impl SerializeSeq for &mut Order {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_element<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        self.0.push(MORE);
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.0.push(END);
        Ok(())
    }
}

impl SerializeMap for &mut Order {
    type Ok = ();
    type Error = EncodeError;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), EncodeError> {
        self.0.push(MORE);
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), EncodeError> {
        self.0.push(END);
        Ok(())
    }
}

macro_rules! positional {
    ($($name:ident::$method:ident),*) => {$(
        impl $name for &mut Order {
            type Ok = ();
            type Error = EncodeError;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), EncodeError> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    )*};
}

positional!(
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

macro_rules! fields {
    ($($name:ident),*) => {$(
        impl $name for &mut Order {
            type Ok = ();
            type Error = EncodeError;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                _: &'static str,
                value: &T,
            ) -> Result<(), EncodeError> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), EncodeError> {
                Ok(())
            }
        }
    )*};
}

fields!(SerializeStruct, SerializeStructVariant);
