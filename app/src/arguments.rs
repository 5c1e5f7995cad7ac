//! How the arguments of a server function travel: as a JSON object, and one that says more than the function knows is
//! refused.

use leptos::server_fn::{
    Bytes, ContentType, Decodes, Encodes, Format, FormatType,
    codec::{JsonEncoding, Post},
};
use serde::{Serialize, de::DeserializeOwned};

/// The codec of arguments.
pub type Arguments = Post<ArgumentsEncoding>;

/// JSON in which no name is unknown, however deep.
pub struct ArgumentsEncoding;

impl ContentType for ArgumentsEncoding {
    const CONTENT_TYPE: &'static str = JsonEncoding::CONTENT_TYPE;
}

impl FormatType for ArgumentsEncoding {
    const FORMAT_TYPE: Format = Format::Text;
}

impl<T: Serialize> Encodes<T> for ArgumentsEncoding {
    type Error = <JsonEncoding as Encodes<T>>::Error;

    fn encode(arguments: &T) -> Result<Bytes, Self::Error> {
        JsonEncoding::encode(arguments)
    }
}

impl<T: DeserializeOwned> Decodes<T> for ArgumentsEncoding {
    type Error = <JsonEncoding as Decodes<T>>::Error;

    #[cfg(feature = "ssr")]
    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        use serde::de::Error;

        // A list of values would do for an object, too.
        if !bytes.trim_ascii_start().starts_with(b"{") {
            return Err(Self::Error::custom("the arguments are not an object"));
        }
        let mut unknown = None;
        let mut json = serde_json::Deserializer::from_slice(&bytes);
        let arguments = serde_ignored::deserialize(&mut json, |path| unknown = Some(path.to_string()))?;
        json.end()?;
        match unknown {
            Some(path) => Err(Self::Error::custom(format!("{path} is not an argument"))),
            None => Ok(arguments),
        }
    }

    /// No browser is sent arguments.
    #[cfg(not(feature = "ssr"))]
    fn decode(bytes: Bytes) -> Result<T, Self::Error> {
        JsonEncoding::decode(bytes)
    }
}
