//! Arrays of bytes whose length everybody knows: digests, keys, signatures.
//!
//! For `#[serde(with = "raw")]`. The bytes stand as they are, as those of a `[u8; N]` do, yet are
//! copied in one piece: most of what travels is such arrays, and serde would visit each byte.

use std::fmt;

use serde::de::{Deserializer, Error, SeqAccess, Visitor};
use serde::ser::{Serialize, Serializer};

/// Tells this codec's encoder and decoder what follows; no type has such a name.
pub(super) const RAW: &str = "bytes of a known length";

struct Bytes<'a>(&'a [u8]);

impl Serialize for Bytes<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_bytes(self.0)
    }
}

pub(crate) fn serialize<S: Serializer, const N: usize>(
    bytes: &[u8; N],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_newtype_struct(RAW, &Bytes(bytes))
}

pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
    deserializer: D,
) -> Result<[u8; N], D::Error> {
    deserializer.deserialize_tuple_struct(RAW, N, Array)
}

/// The same for arrays that copies share.
pub(crate) mod shared {
    use std::sync::Arc;

    use serde::{Deserializer, Serializer};

    pub(crate) fn serialize<S: Serializer, const N: usize>(
        bytes: &Arc<[u8; N]>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        super::serialize(bytes, serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>, const N: usize>(
        deserializer: D,
    ) -> Result<Arc<[u8; N]>, D::Error> {
        super::deserialize(deserializer).map(Arc::new)
    }
}

struct Array<const N: usize>;

impl<'de, const N: usize> Visitor<'de> for Array<N> {
    type Value = [u8; N];

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{N} bytes")
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<[u8; N], E> {
        let wrong = |_| E::invalid_length(bytes.len(), &self);
        bytes.try_into().map_err(wrong)
    }

    /// Formats that know nothing of this one's ways have a sequence of numbers.
    fn visit_seq<A: SeqAccess<'de>>(self, mut bytes: A) -> Result<[u8; N], A::Error> {
        let mut array = [0; N];
        for (index, byte) in array.iter_mut().enumerate() {
            let next = bytes.next_element()?;
            *byte = next.ok_or_else(|| A::Error::invalid_length(index, &self))?;
        }
        Ok(array)
    }
}
