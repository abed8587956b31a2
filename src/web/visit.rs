//! What the frame of a page needs to know of a request, taken out of it, so that it outlives the request.

use actix_web::HttpRequest;
use actix_web::http::header;

use crate::organisation::Organisation;
use crate::values::Language;

/// Path, query and language wishes of one request.
#[derive(Debug, Clone, Default)]
pub struct Visit {
    pub path: String,
    pub query: String,
    accept_language: String,
}

impl Visit {
    pub fn of(request: &HttpRequest) -> Self {
        let accept = request.headers().get(header::ACCEPT_LANGUAGE).and_then(|value| value.to_str().ok());
        Self {
            // A page links to itself by this: with two slashes in front it would be a link to another site.
            path: format!("/{}", request.path().trim_start_matches(['/', '\\'])),
            query: request.query_string().to_owned(),
            accept_language: accept.unwrap_or("").to_owned(),
        }
    }

    /// The language to answer in: `?lang=`, else the browser's wishes in their order, else the organisation's first;
    /// never one that the organisation does not have.
    pub fn language(&self, organisation: &Organisation) -> Language {
        let own = organisation.languages();
        let asked = self.parameter("lang").and_then(|tag| Language::parse(&tag).ok());
        asked
            .into_iter()
            .chain(accepted(&self.accept_language))
            .find_map(|wish| {
                own.iter().find(|l| **l == wish).or_else(|| own.iter().find(|l| l.primary() == wish.primary()))
            })
            .cloned()
            .unwrap_or_else(|| organisation.first_language())
    }

    /// The same page in another language: other parameters stay.
    pub fn in_language(&self, language: &Language) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(url::form_urlencoded::parse(self.query.as_bytes()).filter(|(name, _)| name != "lang"));
        query.append_pair("lang", language.as_str());
        format!("{}?{}", self.path, query.finish())
    }

    fn parameter(&self, name: &str) -> Option<String> {
        url::form_urlencoded::parse(self.query.as_bytes()).find(|(key, _)| key == name).map(|(_, v)| v.into_owned())
    }
}

/// The languages of an `Accept-Language` header, best first (RFC 9110, section 12.5.4).
fn accepted(header: &str) -> Vec<Language> {
    let mut wishes: Vec<(f32, Language)> = header
        .split(',')
        .take(20)
        .filter_map(|part| {
            let (tag, parameters) = part.split_once(';').unwrap_or((part, ""));
            let weight = parameters.trim().strip_prefix("q=").and_then(|q| q.parse().ok()).unwrap_or(1.0_f32);
            Language::parse(tag).ok().filter(|_| weight > 0.0).map(|language| (weight, language))
        })
        .collect();
    wishes.sort_by(|a, b| b.0.total_cmp(&a.0));
    wishes.into_iter().map(|(_, language)| language).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::At;

    fn visit(query: &str, accept: &str) -> Visit {
        Visit { path: "/analyses".into(), query: query.into(), accept_language: accept.into() }
    }

    #[test]
    fn asked_then_accepted_then_first() {
        let mut organisation = Organisation::fresh(At::from_micros(0));
        organisation.languages = "ru,en".into();
        let language = |query, accept| visit(query, accept).language(&organisation).as_str().to_owned();
        assert_eq!(language("lang=en", "ru"), "en");
        assert_eq!(language("lang=fr", "en-GB;q=0.8, de"), "en");
        assert_eq!(language("", "de, en;q=0.5, ru;q=0.9"), "ru");
        assert_eq!(language("", "*"), "ru");
        assert_eq!(language("lang=%00", ""), "ru");
    }

    #[test]
    fn a_page_never_links_to_another_site_by_its_own_path() {
        let request = actix_web::test::TestRequest::with_uri("//evil.example/x").to_http_request();
        assert_eq!(Visit::of(&request).in_language(&Language::english()), "/evil.example/x?lang=en");
    }

    #[test]
    fn the_switch_keeps_the_other_parameters() {
        let link = visit("topic=law&lang=ru&page=2", "").in_language(&Language::english());
        assert_eq!(link, "/analyses?topic=law&page=2&lang=en");
    }
}
