//! The forms in which DKIM looks at a mail: relaxed header fields and the relaxed body (RFC 6376 section 3.4).

pub(super) fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    haystack.windows(needle.len()).position(|window| window == needle)
}

/// The fields of a head, each with its name; folded lines stay with their field.
pub(super) fn fields(head: &str) -> Vec<(&str, &str)> {
    let mut fields = Vec::new();
    let mut rest = head;
    while !rest.is_empty() {
        let mut end = 0;
        loop {
            let tail = rest.get(end..).unwrap_or_default();
            end += tail.find("\r\n").map_or(tail.len(), |at| at + 2);
            if !rest.get(end..).unwrap_or_default().starts_with([' ', '\t']) {
                break;
            }
        }
        let (field, after) = rest.split_at(end);
        fields.push((field.split(':').next().unwrap_or_default(), field));
        rest = after;
    }
    fields
}

/// RFC 6376 section 3.4.2, without the line end.
pub(super) fn relaxed_field(field: &str) -> String {
    let (name, value) = field.split_once(':').unwrap_or((field, ""));
    let words = value.split([' ', '\t', '\r', '\n']).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ");
    format!("{}:{words}", name.trim_end().to_ascii_lowercase())
}

/// RFC 6376 section 3.4.4.
pub(super) fn relaxed_body(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len() + 2);
    // Where the last line that is not empty ends.
    let mut kept = 0;
    let mut rest = body;
    while !rest.is_empty() {
        let (line, after) = match find_crlf(rest) {
            Some(at) => (rest.get(..at).unwrap_or_default(), rest.get(at + 2..).unwrap_or_default()),
            None => (rest, [].as_slice()),
        };
        let start = out.len();
        let mut space = false;
        for &byte in line {
            match byte {
                b' ' | b'\t' => space = true,
                _ => {
                    if space {
                        out.push(b' ');
                    }
                    space = false;
                    out.push(byte);
                }
            }
        }
        let empty = out.len() == start;
        out.extend(b"\r\n");
        if !empty {
            kept = out.len();
        }
        rest = after;
    }
    out.truncate(kept);
    out
}

fn find_crlf(bytes: &[u8]) -> Option<usize> {
    let mut from = 0;
    while let Some(at) = bytes.get(from..)?.iter().position(|byte| *byte == b'\r') {
        if bytes.get(from + at + 1) == Some(&b'\n') {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}
