//! A small writer of XML: elements inside each other, texts escaped.

use quick_xml::Writer;
use quick_xml::events::{BytesDecl, BytesEnd, BytesStart, BytesText, Event};

use crate::error::Error;

pub struct Xml(Writer<Vec<u8>>);

impl Xml {
    pub fn new() -> Result<Self, Error> {
        let mut xml = Self(Writer::new_with_indent(Vec::new(), b' ', 2));
        xml.write(Event::Decl(BytesDecl::new("1.0", Some("UTF-8"), None)))?;
        Ok(xml)
    }

    /// An element with others in it.
    pub fn inside(
        &mut self,
        name: &str,
        attribute: Option<(&str, &str)>,
        work: impl FnOnce(&mut Self) -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut start = BytesStart::new(name);
        start.extend_attributes(attribute);
        self.write(Event::Start(start))?;
        work(self)?;
        self.write(Event::End(BytesEnd::new(name)))
    }

    /// An element with others in it, and no attribute.
    pub fn group(&mut self, name: &str, work: impl FnOnce(&mut Self) -> Result<(), Error>) -> Result<(), Error> {
        self.inside(name, None, work)
    }

    /// An element with a text.
    pub fn leaf(&mut self, name: &str, text: &str) -> Result<(), Error> {
        self.leaf_with(name, None, text)
    }

    /// An element with an attribute and a text. What XML 1.0 cannot say is left out.
    pub fn leaf_with(&mut self, name: &str, attribute: Option<(&str, &str)>, text: &str) -> Result<(), Error> {
        let sayable = |c: &char| matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..);
        let text: String = text.chars().filter(sayable).collect();
        let mut start = BytesStart::new(name);
        start.extend_attributes(attribute);
        self.write(Event::Start(start))?;
        self.write(Event::Text(BytesText::new(&text)))?;
        self.write(Event::End(BytesEnd::new(name)))
    }

    pub fn finish(self) -> Result<String, Error> {
        let mut text = String::from_utf8(self.0.into_inner()).map_err(|e| Error::Internal(e.into()))?;
        text.push('\n');
        Ok(text)
    }

    fn write(&mut self, event: Event<'_>) -> Result<(), Error> {
        self.0.write_event(event).map_err(|e| Error::Internal(e.into()))
    }
}
