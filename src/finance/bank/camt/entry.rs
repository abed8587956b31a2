//! One entry (`Ntry`) of a statement.

use super::fields::{day, short, signed, words};
use super::node::Node;
use super::{Flaw, Line};
use crate::values::Currency;

/// The most letters that are kept of an entry's words.
const WORDS_MAX: usize = 1000;
const NAME_MAX: usize = 140;
const REFERENCE_MAX: usize = 140;

/// What an entry is.
pub(super) enum Entry {
    Booked(Line, Currency),
    /// Pending, or for information: not in the balances.
    Announced,
}

pub(super) fn entry(node: &Node) -> Result<Entry, Flaw> {
    let status = node.child("Sts").ok_or_else(|| missing(node, "whether it is booked (Sts)"))?;
    let code = status.text_at("Cd").or_else(|| status.text_at("Prtry")).unwrap_or(&status.text);
    match code {
        "BOOK" => {}
        "PDNG" | "INFO" | "FUTR" => return Ok(Entry::Announced),
        other => {
            let words = format!("the status of this entry is {:?}; BOOK, PDNG, INFO or FUTR is known", short(other));
            return Err(Flaw::new(status.line(), words));
        }
    }
    if let Some(reversal) = node.child("RvslInd")
        && !matches!(reversal.text.as_str(), "true" | "false" | "1" | "0")
    {
        let words = format!("{:?} does not say whether this is a reversal (true or false)", short(&reversal.text));
        return Err(Flaw::new(reversal.line(), words));
    }
    let (amount_minor, currency) = signed(node)?;
    let valued_on = day(node, "ValDt")?;
    let booked_on = day(node, "BookgDt")?.or(valued_on).ok_or_else(|| missing(node, "on which day it was booked"))?;
    let details: Vec<&Node> = node.all("NtryDtls").flat_map(|details| details.all("TxDtls")).collect();
    let line = Line {
        line: node.line(),
        booked_on,
        valued_on,
        amount_minor,
        counterparty: counterparty(&details, amount_minor >= 0),
        words: said(node, &details),
        bank_reference: reference(node, &details),
    };
    Ok(Entry::Booked(line, currency))
}

fn missing(node: &Node, what: &str) -> Flaw {
    Flaw::new(node.line(), format!("this entry does not say {what}"))
}

/// Who paid, or who was paid; of a batch the first few.
fn counterparty(details: &[&Node], came: bool) -> String {
    let order = if came { ["Dbtr", "UltmtDbtr", "Cdtr"] } else { ["Cdtr", "UltmtCdtr", "Dbtr"] };
    let mut names: Vec<String> = Vec::new();
    for parties in details.iter().filter_map(|details| details.child("RltdPties")) {
        let name = order.iter().filter_map(|role| parties.child(role)).find_map(|party| {
            // Later versions put a `Pty` between.
            party.text_at("Nm").or_else(|| party.text_at("Pty/Nm")).or_else(|| party.text_at("Agt/FinInstnId/Nm"))
        });
        let name = name.map(|name| words(name, NAME_MAX)).filter(|name| !names.contains(name));
        names.extend(name);
    }
    let more = names.len().saturating_sub(3);
    names.truncate(3);
    match more {
        0 => names.join(", "),
        _ => format!("{} and {more} more", names.join(", ")),
    }
}

/// What was written with the money, each thing once.
fn said(node: &Node, details: &[&Node]) -> String {
    let mut parts: Vec<String> = Vec::new();
    let mut letters = 0;
    let mut add = |part: String| {
        if !part.is_empty() && letters < WORDS_MAX && !parts.contains(&part) {
            letters += part.chars().count();
            parts.push(part);
        }
    };
    for details in details {
        if let Some(remittance) = details.child("RmtInf") {
            // Banks cut one sentence into several of these.
            let free: Vec<&str> = remittance.all("Ustrd").map(|node| node.text.as_str()).collect();
            add(words(&free.join(" "), WORDS_MAX));
            for structured in remittance.all("Strd") {
                let reference = structured.text_at("CdtrRefInf/Ref").unwrap_or_default();
                add(words(reference, REFERENCE_MAX));
                for more in structured.all("AddtlRmtInf") {
                    add(words(&more.text, WORDS_MAX));
                }
            }
        }
        let end_to_end = details.text_at("Refs/EndToEndId").filter(|id| !id.eq_ignore_ascii_case("NOTPROVIDED"));
        add(words(end_to_end.unwrap_or_default(), REFERENCE_MAX));
        add(words(details.text_at("AddtlTxInf").unwrap_or_default(), WORDS_MAX));
    }
    add(words(node.text_at("AddtlNtryInf").unwrap_or_default(), WORDS_MAX));
    words(&parts.join(" / "), WORDS_MAX)
}

fn reference(node: &Node, details: &[&Node]) -> Option<String> {
    let single = match details {
        [only] => only.text_at("Refs/AcctSvcrRef"),
        _ => None,
    };
    let found = node.text_at("AcctSvcrRef").or(single).or_else(|| node.text_at("NtryRef"));
    found.map(|found| words(found, REFERENCE_MAX)).filter(|found| !found.is_empty())
}
