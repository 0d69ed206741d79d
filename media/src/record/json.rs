//! A JSON document as it was written: every field in its order, also those given twice, and where
//! each stands.

use std::borrow::Cow;
use std::cell::RefCell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::Number;

use super::{Problem, RecordError};

/// A JSON value. Unlike `serde_json::Value` it keeps repeated fields, so that they can be refused.
#[derive(Debug, PartialEq)]
pub(super) enum Json<'a> {
    Null,
    Bool(bool),
    Number(Number),
    Text(Cow<'a, str>),
    List(Vec<Json<'a>>),
    Object(Vec<(Cow<'a, str>, Json<'a>)>),
}

/// The way from the root of a document to one of its values.
#[derive(Clone, Copy, Debug)]
pub(super) enum Place<'a> {
    Root,
    Field(&'a Place<'a>, &'a str),
    Item(&'a Place<'a>, usize),
}

impl Place<'_> {
    /// An error about the value here.
    pub(super) fn error(&self, problem: Problem) -> RecordError {
        RecordError { path: self.to_string(), problem }
    }
}

impl fmt::Display for Place<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Root => f.write_str("."),
            Self::Field(Place::Root, name) => f.write_str(name),
            Self::Field(parent, name) => write!(f, "{parent}.{name}"),
            Self::Item(Place::Root, index) => write!(f, "[{index}]"),
            Self::Item(parent, index) => write!(f, "{parent}[{index}]"),
        }
    }
}

/// Reads a document whole.
///
/// Every string is decoded, also in fields that nobody reads: so bad UTF-8 and lone surrogates are
/// found anywhere. Values nested deeper than 127 levels are refused.
pub(super) fn read(bytes: &[u8]) -> Result<Json<'_>, RecordError> {
    let failed_at = RefCell::new(None);
    let mut source = serde_json::Deserializer::from_slice(bytes);
    let value = Value { place: &Place::Root, failed_at: &failed_at };
    value.deserialize(&mut source).and_then(|json| source.end().map(|()| json)).map_err(|error| {
        let path = failed_at.take().unwrap_or_else(|| Place::Root.to_string());
        RecordError { path, problem: Problem::Syntax(error.to_string()) }
    })
}

/// Reads one value, and keeps the path of the first one that fails: serde's errors carry none.
struct Value<'p> {
    place: &'p Place<'p>,
    failed_at: &'p RefCell<Option<String>>,
}

impl Value<'_> {
    fn failed<E>(&self, place: &Place<'_>, error: E) -> E {
        self.failed_at.borrow_mut().get_or_insert_with(|| place.to_string());
        error
    }
}

impl<'de> DeserializeSeed<'de> for Value<'_> {
    type Value = Json<'de>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Json<'de>, D::Error> {
        source.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Value<'_> {
    type Value = Json<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Json<'de>, E> {
        Ok(Json::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Json<'de>, E> {
        Ok(Json::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Json<'de>, E> {
        Ok(Json::Number(value.into()))
    }

    fn visit_f64<E: Error>(self, value: f64) -> Result<Json<'de>, E> {
        Number::from_f64(value).map(Json::Number).ok_or_else(|| E::custom("number out of range"))
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Json<'de>, E> {
        Ok(Json::Text(Cow::Owned(text.to_owned())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Json<'de>, A::Error> {
        let mut list = Vec::new();
        loop {
            let place = Place::Item(self.place, list.len());
            let item = Value { place: &place, failed_at: self.failed_at };
            match items.next_element_seed(item).map_err(|error| self.failed(&place, error))? {
                Some(item) => list.push(item),
                None => return Ok(Json::List(list)),
            }
        }
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Json<'de>, A::Error> {
        let mut object = Vec::new();
        while let Some(name) =
            fields.next_key_seed(Name).map_err(|error| self.failed(self.place, error))?
        {
            let place = Place::Field(self.place, &name);
            let value = Value { place: &place, failed_at: self.failed_at };
            let value =
                fields.next_value_seed(value).map_err(|error| self.failed(&place, error))?;
            object.push((name, value));
        }
        Ok(Json::Object(object))
    }
}

/// Reads the name of a field, without a copy where it holds no escape.
struct Name;

impl<'de> DeserializeSeed<'de> for Name {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, source: D) -> Result<Cow<'de, str>, D::Error> {
        source.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Borrowed(text))
    }

    fn visit_str<E>(self, text: &str) -> Result<Cow<'de, str>, E> {
        Ok(Cow::Owned(text.to_owned()))
    }
}

/// A value that may be absent, and its place. `null` counts as absent.
#[derive(Clone, Copy, Debug)]
pub(super) struct Node<'a> {
    pub(super) place: Place<'a>,
    json: Option<&'a Json<'a>>,
}

impl<'a> Node<'a> {
    pub(super) fn new(place: Place<'a>, json: &'a Json<'a>) -> Self {
        Self { place, json: (*json != Json::Null).then_some(json) }
    }

    fn given(&self) -> Result<&'a Json<'a>, RecordError> {
        self.json.ok_or_else(|| self.place.error(Problem::Missing))
    }

    fn not<T>(&self, what: &'static str) -> Result<T, RecordError> {
        Err(self.place.error(Problem::Not(what)))
    }

    /// This value where it is given.
    pub(super) fn optional(self) -> Option<Self> {
        self.json.map(|_| self)
    }

    /// The value as text.
    pub(super) fn text(&self) -> Result<&'a str, RecordError> {
        match self.given()? {
            Json::Text(text) => Ok(text),
            _ => self.not("text"),
        }
    }

    /// The value as text that holds something.
    pub(super) fn label(&self) -> Result<&'a str, RecordError> {
        match self.text()? {
            "" => Err(self.place.error(Problem::Empty)),
            text => Ok(text),
        }
    }

    /// The value as a whole number, written without a fraction or an exponent.
    pub(super) fn whole(&self) -> Result<u64, RecordError> {
        match self.given()? {
            Json::Number(number) => number.as_u64(),
            _ => None,
        }
        .map_or_else(|| self.not("a whole number from 0"), Ok)
    }

    /// The value as any number.
    pub(super) fn number(&self) -> Result<Number, RecordError> {
        match self.given()? {
            Json::Number(number) => Ok(number.clone()),
            _ => self.not("a number"),
        }
    }

    /// The value as true or false.
    pub(super) fn truth(&self) -> Result<bool, RecordError> {
        match self.given()? {
            Json::Bool(truth) => Ok(*truth),
            _ => self.not("true or false"),
        }
    }

    /// The items of a list; an absent list has none.
    pub(super) fn items(&self) -> Result<&'a [Json<'a>], RecordError> {
        match self.json {
            None => Ok(&[]),
            Some(Json::List(items)) => Ok(items),
            Some(_) => self.not("a list"),
        }
    }

    /// The fields of an object as they were written; an absent object has none.
    pub(super) fn entries(&self) -> Result<&'a [(Cow<'a, str>, Json<'a>)], RecordError> {
        match self.json {
            None => Ok(&[]),
            Some(Json::Object(entries)) => Ok(entries),
            Some(_) => self.not("an object"),
        }
    }

    /// The values of the known fields; others are ignored.
    pub(super) fn fields<const N: usize>(
        &'a self,
        names: [&'static str; N],
    ) -> Result<[Node<'a>; N], RecordError> {
        let mut found: [Option<&Json<'a>>; N] = [None; N];
        for (name, value) in self.entries()? {
            let Some(known) = names.iter().position(|known| known == name) else { continue };
            if found[known].replace(value).is_some() {
                return Err(Place::Field(&self.place, name).error(Problem::Twice));
            }
        }
        let mut values = names.into_iter().zip(found).map(|(name, json)| Node {
            place: Place::Field(&self.place, name),
            json: json.filter(|json| **json != Json::Null),
        });
        Ok(std::array::from_fn(|_| values.next().expect("as many values as names")))
    }
}

impl From<&Json<'_>> for serde_json::Value {
    fn from(json: &Json<'_>) -> Self {
        match json {
            Json::Null => Self::Null,
            Json::Bool(truth) => Self::Bool(*truth),
            Json::Number(number) => Self::Number(number.clone()),
            Json::Text(text) => Self::String(text.to_string()),
            Json::List(items) => Self::Array(items.iter().map(Self::from).collect()),
            Json::Object(fields) => Self::Object(
                fields.iter().map(|(name, value)| (name.to_string(), value.into())).collect(),
            ),
        }
    }
}
