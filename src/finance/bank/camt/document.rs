//! Finds the statements in the file: `Document/BkToCstmrStmt/Stmt`.

use super::node::Node;
use super::statement::Builder;
use super::xml::{Tag, Token, Xml};
use super::{Flaw, Statement};

const NEEDED: &str = "Ask the bank for account statements in CAMT.053";

/// All statements, in the order of the file.
pub(super) fn statements(text: &str) -> Result<Vec<Statement>, Flaw> {
    let mut xml = Xml::new(text);
    let mut found = Vec::new();
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == "Document" => document(&mut xml, &tag, &mut found)?,
            // Some banks put the document into an envelope with a header.
            Token::Open(tag) if is_envelope(&tag) => {}
            Token::Open(tag) if tag.name == "AppHdr" => drop(Node::read(&mut xml, tag)?),
            Token::Open(tag) => {
                let words = format!("this XML file begins with <{}>, not with a bank statement. {NEEDED}", tag.name);
                return Err(Flaw::new(tag.line, words));
            }
            Token::Text(_) | Token::Close => {}
            Token::End => break,
        }
    }
    match found.is_empty() {
        true => Err(Flaw::new(xml.line(), "there is no statement in this file")),
        false => Ok(found),
    }
}

fn is_envelope(tag: &Tag) -> bool {
    matches!(tag.name.as_str(), "BizMsgEnvlp" | "BusinessMessage" | "Envelope" | "Body" | "RequestPayload")
}

fn document(xml: &mut Xml<'_>, root: &Tag, found: &mut Vec<Statement>) -> Result<(), Flaw> {
    let message = root.namespace.as_deref().and_then(message);
    if let Some(message) = message.filter(|message| !message.starts_with("camt.053.")) {
        return Err(Flaw::new(root.line, wrong(message)));
    }
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == "BkToCstmrStmt" => match message {
                Some(_) => statements_of(xml, found)?,
                None => {
                    let words =
                        format!("the file does not say that it is CAMT.053 (its namespace is missing). {NEEDED}");
                    return Err(Flaw::new(root.line, words));
                }
            },
            Token::Open(tag) => {
                let words = format!("<{}> stands where a bank statement should. {NEEDED}", tag.name);
                return Err(Flaw::new(tag.line, words));
            }
            Token::Text(_) => {}
            Token::Close | Token::End => return Ok(()),
        }
    }
}

/// `urn:iso:std:iso:20022:tech:xsd:camt.053.001.08` → `camt.053.001.08`; older German ones begin otherwise.
fn message(namespace: &str) -> Option<&str> {
    let name = namespace.rsplit([':', '/']).next()?;
    let mut parts = name.split('.');
    let kind = parts.next().is_some_and(|kind| kind.len() == 4 && kind.bytes().all(|byte| byte.is_ascii_lowercase()));
    let numbers = parts.clone().take(3).all(|part| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()));
    (kind && numbers && parts.count() == 3).then_some(name)
}

fn wrong(message: &str) -> String {
    let kind = match message.get(..8).unwrap_or_default() {
        "camt.052" => "a report of the day so far (camt.052); its entries may still change",
        "camt.054" => "a notification of single entries (camt.054); it has no balances",
        "pain.001" | "pain.008" => "an order to the bank (pain), not what the bank did",
        "pain.002" => "the bank's answer to an order (pain.002)",
        _ => "another message",
    };
    let name: String = message.chars().take(40).collect();
    format!("this is {kind}: {name}. {NEEDED}")
}

fn statements_of(xml: &mut Xml<'_>, found: &mut Vec<Statement>) -> Result<(), Flaw> {
    loop {
        match xml.next()? {
            Token::Open(tag) if tag.name == "Stmt" => found.push(statement(xml, tag)?),
            Token::Open(tag) => drop(Node::read(xml, tag)?),
            Token::Text(_) => {}
            Token::Close | Token::End => return Ok(()),
        }
    }
}

fn statement(xml: &mut Xml<'_>, tag: Tag) -> Result<Statement, Flaw> {
    let mut builder = Builder::new(tag.line);
    loop {
        match xml.next()? {
            Token::Open(tag) => {
                let node = Node::read(xml, tag)?;
                builder.take(node)?;
            }
            Token::Text(_) => {}
            Token::Close | Token::End => return builder.finish(xml.line()),
        }
    }
}
