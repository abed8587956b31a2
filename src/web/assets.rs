//! Style, script and icons: embedded, and named by a hash of their content so that browsers keep them for good.

use std::collections::BTreeMap;

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

use super::{Answer, Error, Pages};
use crate::values::sha256_hex;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Files;

struct Asset {
    bytes: Bytes,
    kind: &'static str,
    hash: String,
}

/// All assets, read once at start.
pub struct Assets(BTreeMap<String, Asset>);

impl Assets {
    pub fn load() -> Self {
        let read = |name: std::borrow::Cow<'static, str>| {
            let bytes = Bytes::from(Files::get(&name)?.data.into_owned());
            // Hashed as text of its bytes: a fingerprint, not a secret.
            let hash: String = sha256_hex(&String::from_utf8_lossy(&bytes)).chars().take(16).collect();
            Some((name.to_string(), Asset { kind: kind(&name), bytes, hash }))
        };
        Self(Files::iter().filter_map(read).collect())
    }

    /// `app.css` → `/assets/<hash>/app.css`; nothing for a name that is not there.
    pub fn path(&self, name: &str) -> Option<String> {
        self.0.get(name).map(|asset| format!("/assets/{}/{name}", asset.hash))
    }
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        Some("woff2") => "font/woff2",
        Some("txt") => "text/plain; charset=utf-8",
        _ => "application/octet-stream",
    }
}

/// `GET /assets/{hash}/{name}`. An old hash (a page from before an upgrade) gets the present file, not to be kept.
pub async fn get(request: HttpRequest, pages: Data<Pages>, path: Path<(String, String)>) -> Answer {
    let (hash, name) = path.into_inner();
    let asset = pages.assets().0.get(&name).ok_or_else(|| Error::not_found("file"))?;
    let caching = match asset.hash == hash {
        true => "public, max-age=31536000, immutable",
        false => "no-cache",
    };
    let etag = format!("\"{}\"", asset.hash);
    let known = request.headers().get(header::IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let fresh = known.is_some_and(|list| list.split(',').any(|tag| tag.trim().trim_start_matches("W/") == etag));
    let mut answer = if fresh { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((header::CACHE_CONTROL, caching))
        .insert_header((header::ETAG, etag))
        .insert_header((header::CONTENT_TYPE, asset.kind));
    Ok(if fresh { answer.finish() } else { answer.body(asset.bytes.clone()) })
}

/// `GET /favicon.ico`: what browsers ask for on pages that name no icon, such as a plain text.
pub async fn icon(pages: Data<Pages>) -> Answer {
    let path = pages.assets().path("favicon.svg").ok_or_else(|| Error::not_found("file"))?;
    Ok(HttpResponse::Found().insert_header((header::LOCATION, path)).finish())
}
