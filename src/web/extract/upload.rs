//! A form with a file (`multipart/form-data`, RFC 7578), held in memory: at most ten megabytes, and nothing on the disk.

use std::collections::HashMap;
use std::convert::Infallible;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;
use actix_web::web::{Bytes, BytesMut, Payload};
use futures_util::{StreamExt, stream};

use crate::web::Error;

/// Bytes that a file may have: a year of a busy account's statements has less.
pub const FILE_LIMIT: usize = 10 * 1024 * 1024;
/// With the other fields and the lines between them.
const BODY_LIMIT: usize = FILE_LIMIT + 64 * 1024;
/// What is still read, and thrown away, of a file that is too large: a browser shows our answer only when it has sent
/// everything.
const PATIENCE: usize = 8 * FILE_LIMIT;

/// What was sent. A handler reads it after it knows who sends, so that nobody else makes us hold files.
#[derive(Debug, Default)]
pub struct Upload {
    pub file: Option<UploadedFile>,
    /// The file is larger than [`FILE_LIMIT`]; nothing of it was kept, nor of the fields.
    pub too_large: bool,
    fields: HashMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UploadedFile {
    /// As the sender's computer calls it, without folders.
    pub name: String,
    pub bytes: Bytes,
}

impl Upload {
    /// Reads the form. The first file that was chosen counts, whatever its field is called.
    ///
    /// # Errors
    /// `Unreadable` when it is not such a form or ends too early; `TooLarge` when even throwing it away is too much.
    pub async fn read(request: &HttpRequest, payload: Payload) -> Result<Self, Error> {
        let kind = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or("");
        let boundary = multer::parse_boundary(kind).map_err(unreadable)?;
        match whole(payload).await? {
            Some(body) => Self::parse(body, boundary).await,
            None => Ok(Self { too_large: true, ..Self::default() }),
        }
    }

    async fn parse(body: Bytes, boundary: String) -> Result<Self, Error> {
        let body = stream::once(async move { Ok::<_, Infallible>(body) });
        let (mut form, mut upload) = (multer::Multipart::new(body, boundary), Self::default());
        while let Some(field) = form.next_field().await.map_err(unreadable)? {
            let (name, file) = (field.name().unwrap_or("").to_owned(), field.file_name().map(base_name));
            match file {
                None => {
                    upload.fields.insert(name, field.text().await.map_err(unreadable)?);
                }
                Some(name) => {
                    let bytes = field.bytes().await.map_err(unreadable)?;
                    // A browser sends a part without name and bytes when no file was chosen.
                    let chosen = !name.is_empty() || !bytes.is_empty();
                    if chosen && upload.file.is_none() {
                        upload.too_large = bytes.len() > FILE_LIMIT;
                        upload.file = (!upload.too_large).then_some(UploadedFile { name, bytes });
                    }
                }
            }
        }
        Ok(upload)
    }

    /// A field that is no file; empty when it was not sent.
    pub fn field(&self, name: &str) -> &str {
        self.fields.get(name).map_or("", String::as_str)
    }
}

/// All that was sent, or nothing when it is more than a file may have.
async fn whole(mut payload: Payload) -> Result<Option<Bytes>, Error> {
    let (mut body, mut seen) = (BytesMut::new(), 0_usize);
    while let Some(piece) = payload.next().await {
        let piece = piece.map_err(unreadable)?;
        seen = seen.saturating_add(piece.len());
        if seen <= BODY_LIMIT {
            body.extend_from_slice(&piece);
        } else if seen <= PATIENCE {
            body = BytesMut::new();
        } else {
            return Err(Error::TooLarge);
        }
    }
    Ok((seen <= BODY_LIMIT).then(|| body.freeze()))
}

/// Some browsers once sent the whole path.
fn base_name(path: &str) -> String {
    path.rsplit(['/', '\\']).next().unwrap_or("").to_owned()
}

fn unreadable(error: impl std::fmt::Display) -> Error {
    Error::Unreadable(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn parsed(parts: &[(&str, &str)]) -> Result<Upload, Error> {
        let part =
            |(head, body): &(&str, &str)| format!("--x\r\nContent-Disposition: form-data; {head}\r\n\r\n{body}\r\n");
        let body = parts.iter().map(part).collect::<String>() + "--x--\r\n";
        Upload::parse(Bytes::from(body), "x".into()).await
    }

    #[tokio::test]
    async fn fields_and_the_first_file() {
        let file = r#"name="file"; filename="C:\bank\june.xml""#;
        let parts = [(r#"name="account""#, "3"), (file, "<a>\r\n--y"), (r#"name="more"; filename="b""#, "b")];
        let upload = parsed(&parts).await.unwrap();
        assert_eq!((upload.field("account"), upload.field("none")), ("3", ""));
        let file = upload.file.unwrap();
        assert_eq!((file.name.as_str(), &file.bytes[..]), ("june.xml", &b"<a>\r\n--y"[..]));
    }

    #[tokio::test]
    async fn no_file_too_large_a_file_and_no_end() {
        let none = parsed(&[(r#"name="file"; filename="""#, "")]).await.unwrap();
        assert!(none.file.is_none() && !none.too_large);
        let large = parsed(&[(r#"name="file"; filename="a""#, &"x".repeat(FILE_LIMIT + 1))]).await.unwrap();
        assert!(large.file.is_none() && large.too_large);
        let cut = Upload::parse(Bytes::from("--x\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nb"), "x".into());
        assert!(matches!(cut.await, Err(Error::Unreadable(_))));
    }
}
