//! Any value in words, with the names of people where it has seats.
//!
//! What a game hands out is told by its serde form, in which a seat is a newtype of that name; so
//! boards, moves and events name people whatever the author wrote.

use std::fmt::{self, Debug, Display};

use crate::serde::ser::{self, Serialize, Serializer};
use crate::{Seat, Seats};

/// What the holder of a seat is called.
pub(super) type Names<'a> = &'a dyn Fn(Seat) -> String;

/// A value, taken apart for people.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Told {
    /// Shown as a dot.
    Nothing,
    Word(String),
    List(Vec<Self>),
    Fields(Vec<(String, Self)>),
    /// A variant of an enum, or a struct where its name is told, and what is in it.
    Variant(&'static str, Box<Self>),
}

/// Takes a value apart.
///
/// # Errors
/// If its own `Serialize` fails.
pub(super) fn told<T: Serialize + ?Sized>(value: &T, name: Names<'_>) -> Result<Told, Untold> {
    let titled = false;
    value.serialize(Teller { name, titled })
}

/// A value on one line, a struct with its name before it, or as Rust writes it where that tells
/// more.
pub(super) fn words<T: Serialize + Debug>(value: &T, name: Names<'_>) -> String {
    match value.serialize(Teller { name, titled: true }) {
        Err(_) | Ok(Told::Nothing) => format!("{value:?}"),
        Ok(told) => told.to_string(),
    }
}

/// All of it on one line.
impl Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => f.write_str("·"),
            Self::Word(word) => f.write_str(word),
            Self::List(items) => {
                // A space within a word would read as its end.
                let wide = |item: &Self| matches!(item, Self::Word(word) if word.contains(' '));
                let apart = if items.iter().any(wide) { ", " } else { " " };
                let items: Vec<_> = items.iter().map(Self::nested).collect();
                write!(f, "[{}]", items.join(apart))
            }
            Self::Fields(fields) => {
                let field = |(name, field): &(String, Self)| format!("{name}: {}", field.nested());
                let fields: Vec<_> = fields.iter().map(field).collect();
                f.write_str(&fields.join(", "))
            }
            Self::Variant(name, content) => match &**content {
                Self::List(items) => {
                    let items: Vec<_> = items.iter().map(Self::nested).collect();
                    write!(f, "{name}({})", items.join(", "))
                }
                content => write!(f, "{name}({content})"),
            },
        }
    }
}

impl Told {
    /// As a part of something else on the same line.
    fn nested(&self) -> String {
        match self {
            Self::Fields(_) => format!("({self})"),
            other => other.to_string(),
        }
    }
}

/// Why a value cannot be told: what its own `Serialize` says.
#[derive(Debug)]
pub(super) struct Untold(String);

impl Display for Untold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for Untold {}

impl ser::Error for Untold {
    fn custom<T: Display>(why: T) -> Self {
        Self(why.to_string())
    }
}

/// Takes one value apart.
#[derive(Clone, Copy)]
struct Teller<'a> {
    name: Names<'a>,
    /// Whether a struct is told with its name. What a struct is part of, says that well enough.
    titled: bool,
}

impl<'a> Teller<'a> {
    /// The same for what is within the value.
    const fn within(self) -> Self {
        Self {
            titled: false,
            ..self
        }
    }

    fn title(self, name: &'static str) -> Option<&'static str> {
        self.titled.then_some(name)
    }

    fn parts(self, title: Option<&'static str>) -> Parts<'a> {
        Parts {
            teller: self.within(),
            title,
            items: Vec::new(),
            fields: Vec::new(),
            key: String::new(),
        }
    }

    /// Core's own types, which serde knows by their names. A game's type of the same name and form
    /// cannot be told from them.
    fn known(self, name: &str, content: Told) -> Told {
        let number = match &content {
            Told::Word(word) => word.parse::<u64>().ok(),
            _ => None,
        };
        let called = |seat: Seat| Told::Word((self.name)(seat));
        match (name, number, content) {
            ("Seat", Some(index), content) => {
                let seat = u8::try_from(index).ok().and_then(Seat::new);
                seat.map_or(content, called)
            }
            ("Seats", Some(bits), _) => {
                let all = Seats::first(64).iter();
                let seats = all.filter(|seat| bits >> seat.index() & 1 == 1);
                Told::List(seats.map(called).collect())
            }
            ("PerSeat", None, Told::List(pairs)) => {
                Told::Fields(pairs.into_iter().flat_map(pair).collect())
            }
            (.., content) => content,
        }
    }
}

/// What a seat has, by the name of its holder.
fn pair(pair: Told) -> Option<(String, Told)> {
    let Told::List(pair) = pair else { return None };
    let [Told::Word(name), value] = <[Told; 2]>::try_from(pair).ok()? else {
        return None;
    };
    Some((name, value))
}

/// What is told as the word that Rust has for it.
macro_rules! words {
    ($($method:ident: $type:ty),*) => {
        $(fn $method(self, value: $type) -> Result<Told, Untold> {
            Ok(Told::Word(value.to_string()))
        })*
    };
}

impl<'a> Serializer for Teller<'a> {
    type Ok = Told;
    type Error = Untold;
    type SerializeSeq = Parts<'a>;
    type SerializeTuple = Parts<'a>;
    type SerializeTupleStruct = Parts<'a>;
    type SerializeTupleVariant = Parts<'a>;
    type SerializeMap = Parts<'a>;
    type SerializeStruct = Parts<'a>;
    type SerializeStructVariant = Parts<'a>;

    words!(
        serialize_bool: bool, serialize_char: char, serialize_str: &str,
        serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64,
        serialize_i128: i128, serialize_u128: u128, serialize_f32: f32, serialize_f64: f64
    );

    fn serialize_bytes(self, bytes: &[u8]) -> Result<Told, Untold> {
        Ok(Told::Word(crate::core::codec::to_hex(bytes)))
    }

    fn serialize_none(self) -> Result<Told, Untold> {
        Ok(Told::Nothing)
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<Told, Untold> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<Told, Untold> {
        Ok(Told::Nothing)
    }

    fn serialize_unit_struct(self, name: &'static str) -> Result<Told, Untold> {
        Ok(Told::Word(name.to_owned()))
    }

    fn serialize_unit_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
    ) -> Result<Told, Untold> {
        Ok(Told::Word(variant.to_owned()))
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        name: &'static str,
        value: &T,
    ) -> Result<Told, Untold> {
        Ok(self.known(name, value.serialize(self)?))
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        value: &T,
    ) -> Result<Told, Untold> {
        let content = value.serialize(self.within())?;
        Ok(Told::Variant(variant, Box::new(content)))
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(None))
    }

    fn serialize_tuple(self, _: usize) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(None))
    }

    fn serialize_tuple_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(self.title(name)))
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(Some(variant)))
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(None))
    }

    fn serialize_struct(self, name: &'static str, _: usize) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(self.title(name)))
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        variant: &'static str,
        _: usize,
    ) -> Result<Parts<'a>, Untold> {
        Ok(self.parts(Some(variant)))
    }
}

/// The parts of something, as they come.
struct Parts<'a> {
    teller: Teller<'a>,
    /// The variant or the struct that they are parts of.
    title: Option<&'static str>,
    items: Vec<Told>,
    fields: Vec<(String, Told)>,
    key: String,
}

impl Parts<'_> {
    fn item<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Untold> {
        self.items.push(item.serialize(self.teller)?);
        Ok(())
    }

    fn field<T: Serialize + ?Sized>(&mut self, name: &str, field: &T) -> Result<(), Untold> {
        let field = field.serialize(self.teller)?;
        self.fields.push((name.to_owned(), field));
        Ok(())
    }

    fn list(self) -> Told {
        Self::titled(self.title, Told::List(self.items))
    }

    fn record(self) -> Told {
        Self::titled(self.title, Told::Fields(self.fields))
    }

    fn titled(title: Option<&'static str>, content: Told) -> Told {
        match title {
            Some(title) => Told::Variant(title, Box::new(content)),
            None => content,
        }
    }
}

/// A kind of list: its trait, and what it calls an item.
macro_rules! lists {
    ($($kind:ident::$method:ident),*) => {
        $(impl ser::$kind for Parts<'_> {
            type Ok = Told;
            type Error = Untold;

            fn $method<T: Serialize + ?Sized>(&mut self, item: &T) -> Result<(), Untold> {
                self.item(item)
            }

            fn end(self) -> Result<Told, Untold> {
                Ok(self.list())
            }
        })*
    };
}

lists!(
    SerializeSeq::serialize_element,
    SerializeTuple::serialize_element,
    SerializeTupleStruct::serialize_field,
    SerializeTupleVariant::serialize_field
);

/// A kind of record.
macro_rules! records {
    ($($kind:ident),*) => {
        $(impl ser::$kind for Parts<'_> {
            type Ok = Told;
            type Error = Untold;

            fn serialize_field<T: Serialize + ?Sized>(
                &mut self,
                name: &'static str,
                field: &T,
            ) -> Result<(), Untold> {
                self.field(name, field)
            }

            fn end(self) -> Result<Told, Untold> {
                Ok(self.record())
            }
        })*
    };
}

records!(SerializeStruct, SerializeStructVariant);

impl ser::SerializeMap for Parts<'_> {
    type Ok = Told;
    type Error = Untold;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Untold> {
        self.key = key.serialize(self.teller)?.to_string();
        Ok(())
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Untold> {
        let key = std::mem::take(&mut self.key);
        self.field(&key, value)
    }

    fn end(self) -> Result<Told, Untold> {
        Ok(self.record())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Money, PerSeat};

    #[derive(Debug, crate::serde::Serialize)]
    #[serde(crate = "crate::serde")]
    enum Action {
        Roll,
        Accuse(Seat),
        Swap(Seat, u8),
        Bid { by: Option<Seat>, amount: Money },
    }

    fn said<T: Serialize + Debug>(value: &T) -> String {
        let names = ["Ann", "Bob", "Eve"];
        words(value, &|seat| names[seat.index()].to_owned())
    }

    #[test]
    fn seats_are_called_by_name_wherever_they_stand() {
        let [ann, bob, eve] = [0, 1, 2].map(|index| Seat::new(index).unwrap());
        assert_eq!(said(&ann), "Ann");
        assert_eq!(said(&[Some(bob), None]), "[Bob ·]");
        assert_eq!(said(&(Seats::from(ann) | eve.into())), "[Ann Eve]");
        assert_eq!(said(&Seats::NONE), "[]");
        assert_eq!(said(&["player 1 (bot)", "Bob"]), "[player 1 (bot), Bob]");
        let chips = PerSeat::new(Seats::first(2), |seat| seat.index() + 5);
        assert_eq!(said(&chips), "Ann: 5, Bob: 6");
        assert_eq!(
            said(&PerSeat::new(Seats::first(2), Some)),
            "Ann: Ann, Bob: Bob"
        );
    }

    #[test]
    fn actions_read_as_their_author_named_them() {
        let [ann, bob] = [0, 1].map(|index| Seat::new(index).unwrap());
        assert_eq!(said(&Action::Roll), "Roll");
        assert_eq!(said(&Action::Accuse(bob)), "Accuse(Bob)");
        assert_eq!(said(&Action::Swap(ann, 3)), "Swap(Ann, 3)");
        let amount = Money::of(30);
        let bid = |by| Action::Bid { by, amount };
        assert_eq!(said(&bid(Some(bob))), "Bid(by: Bob, amount: 30)");
        assert_eq!(said(&bid(None)), "Bid(by: ·, amount: 30)");
        assert_eq!(said(&vec![bid(Some(ann))]), "[Bid(by: Ann, amount: 30)]");
        assert_eq!(said(&()), "()", "a dot would say nothing");
    }

    #[test]
    fn an_event_that_is_a_struct_has_its_name_and_a_view_has_none() {
        #[derive(Debug, crate::serde::Serialize)]
        #[serde(crate = "crate::serde")]
        struct Point(u8, u8);
        #[derive(Debug, crate::serde::Serialize)]
        #[serde(crate = "crate::serde")]
        struct Moved {
            by: Seat,
            to: Point,
        }
        let by = Seat::new(0).unwrap();
        let moved = Moved {
            by,
            to: Point(1, 2),
        };
        assert_eq!(said(&moved), "Moved(by: Ann, to: [1 2])");
        assert_eq!(said(&Point(1, 2)), "Point(1, 2)");
        let view = told(&moved, &|_| "Ann".to_owned()).unwrap().to_string();
        assert_eq!(view, "by: Ann, to: [1 2]");
    }

    #[test]
    fn what_fails_to_tell_of_itself_is_told_as_rust_would() {
        #[derive(Debug)]
        struct Secret;
        impl Serialize for Secret {
            fn serialize<S: Serializer>(&self, _: S) -> Result<S::Ok, S::Error> {
                Err(ser::Error::custom("a secret"))
            }
        }
        assert_eq!(said(&Secret), "Secret");
        let untold = told(&Secret, &|_| String::new()).unwrap_err();
        assert_eq!(untold.to_string(), "a secret");
    }
}
