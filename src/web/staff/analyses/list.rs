//! `/staff/analyses`: drafts and published ones.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::{Choice, names, path};
use crate::analyses::store::{self, Heading, Selection};
use crate::analyses::{Analysis, AnalysisState};
use crate::app::App;
use crate::error::Error;
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::values::{AnalysisId, Language, Page, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;
use crate::web::public::analyses::view::address;

const PER_PAGE: i64 = 25;

#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    q: String,
    state: String,
    #[serde(skip_serializing)]
    page: String,
}

#[derive(Serialize)]
struct List {
    may_write: bool,
    filter: ListQuery,
    clear_href: Option<&'static str>,
    states: Vec<Choice>,
    count: String,
    rows: Vec<Row>,
    pager: Pager,
}

#[derive(Serialize)]
struct Row {
    href: String,
    lang: Option<Language>,
    title: String,
    slug: String,
    state: &'static str,
    state_kind: &'static str,
    day: String,
    date: String,
    languages: String,
}

/// `GET /staff/analyses[?q=&state=&page=]`
pub async fn list(staff: Staff<permit::Read>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let selection =
        Selection { state: query.state.parse().ok(), search: Some(query.q.clone()), ..Selection::default() };
    let request = PageRequest::new(query.page.parse().ok(), PER_PAGE);
    let (found, headings) = app
        .db
        .read(move |db| {
            let found = store::list(db, &selection, request)?;
            let ids: Vec<AnalysisId> = found.rows.iter().map(|analysis| analysis.id).collect();
            Ok::<_, Error>((found, store::headings(db, &ids)?))
        })
        .await?;
    let list = view(&found, &headings, query, staff.may(Permission::Analyses));
    staff.render("staff/analyses/list", "Analyses", &list)
}

fn view(found: &Page<Analysis>, headings: &[Heading], filter: ListQuery, may_write: bool) -> List {
    let state = |state: AnalysisState, label: &str| Choice {
        value: state.as_str().into(),
        label: label.into(),
        checked: false,
    };
    let english = Language::english();
    let count = Texts::get().t(&english, "analyses-count", &[("count", found.total.into())]);
    List {
        may_write,
        clear_href: (!filter.q.is_empty() || !filter.state.is_empty()).then_some("/staff/analyses"),
        states: vec![state(AnalysisState::Draft, "Draft"), state(AnalysisState::Published, "Published")],
        count,
        rows: found.rows.iter().map(|analysis| row(analysis, headings)).collect(),
        pager: Pager::new(found, |number| {
            let number = number.to_string();
            let all = [("q", filter.q.as_str()), ("state", filter.state.as_str()), ("page", number.as_str())];
            address("/staff/analyses", &all.into_iter().filter(|(_, value)| !value.is_empty()).collect::<Vec<_>>())
        }),
        filter,
    }
}

fn row(analysis: &Analysis, headings: &[Heading]) -> Row {
    let own: Vec<&Heading> = headings.iter().filter(|heading| heading.analysis_id == analysis.id).collect();
    let (state, state_kind) = state_badge(analysis.state);
    Row {
        href: path(analysis.id.0),
        lang: own.first().map(|heading| heading.language.clone()),
        title: own.first().map_or_else(|| analysis.slug.to_string(), |heading| heading.title.clone()),
        slug: analysis.slug.to_string(),
        state,
        state_kind,
        day: analysis.date.clone(),
        date: Texts::get().date(&Language::english(), analysis.day()),
        languages: names(own.iter().map(|heading| heading.language.clone())),
    }
}

/// Word and kind of the badge.
pub(super) fn state_badge(state: AnalysisState) -> (&'static str, &'static str) {
    match state {
        AnalysisState::Draft => ("Draft", "neutral"),
        AnalysisState::Published => ("Published", "ok"),
    }
}
