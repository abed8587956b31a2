//! `/`: what is new.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::analyses::view::{Card, Reader};
use crate::analyses::read::{Filter, published};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::subscribers::topics;
use crate::values::PageRequest;
use crate::web::Answer;
use crate::web::extract::{PublicPage, Query};

/// One large card and two rows of three.
const NEWEST: i64 = 7;

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HomeQuery {
    lang: String,
}

#[derive(Serialize)]
struct Home {
    rows: Vec<Card>,
    all_href: String,
    all_label: String,
    empty_heading: String,
    empty_text: String,
}

/// `GET /`
pub async fn show(page: PublicPage, app: Data<App>, Query(query): Query<HomeQuery>) -> Answer {
    let language = page.language.clone();
    let wanted = [language.clone(), page.organisation.first_language()];
    let (newest, topics) = app
        .db
        .read(move |db| {
            let newest = published(db, &Filter::default(), &wanted, PageRequest::new(None, NEWEST))?;
            Ok::<_, Error>((newest.rows, topics::list(db, &language)?))
        })
        .await?;
    let reader = Reader { language: &page.language, topics: &topics, chosen: !query.lang.is_empty() };
    let t = |key: &str| Texts::get().t(reader.language, key, &[]);
    let home = Home {
        rows: reader.cards(&newest),
        all_href: reader.link("/analyses", &[]),
        all_label: t("home-all"),
        empty_heading: t("home-empty"),
        empty_text: t("home-empty-text"),
    };
    page.render("public/home", &page.organisation.name, &home)
}
