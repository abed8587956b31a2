//! `/staff/subscribers`: search, filters, sorting, paging.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};

use super::{Choice, path, state_badge};
use crate::app::App;
use crate::error::{Error, FieldError};
use crate::i18n::Texts;
use crate::staff::Permission;
use crate::subscribers::store::search::{self, Filter, Sort};
use crate::subscribers::{Subscriber, SubscriberState, Topic, topics};
use crate::values::{Language, Page, PageRequest};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::pager::Pager;

const PER_PAGE: i64 = 50;

/// As it stands in the address; anything odd is as if it were not there.
#[derive(Debug, Clone, Default, Deserialize, Serialize)]
#[serde(default)]
pub struct ListQuery {
    pub q: String,
    pub state: String,
    pub topic: String,
    pub language: String,
    pub sort: String,
    pub dir: String,
    #[serde(skip_serializing)]
    pub page: String,
}

impl ListQuery {
    pub fn filter(&self, topics: &[Topic]) -> Filter {
        Filter {
            text: self.q.clone(),
            state: self.state.parse().ok(),
            topic: topics.iter().find(|topic| topic.slug.as_str() == self.topic).map(|topic| topic.id),
            language: Language::parse(&self.language).ok(),
        }
    }
    fn order(&self) -> (Sort, bool) {
        let sort = match self.sort.as_str() {
            "email" => Sort::Email,
            "name" => Sort::Name,
            "state" => Sort::State,
            _ => Sort::Created,
        };
        (sort, if self.dir.is_empty() { sort == Sort::Created } else { self.dir == "desc" })
    }
    fn is_filtered(&self) -> bool {
        [&self.q, &self.state, &self.topic, &self.language].iter().any(|part| !part.is_empty())
    }
    fn address(&self, path: &str, change: &[(&str, &str)]) -> String {
        let own = [
            ("q", &self.q),
            ("state", &self.state),
            ("topic", &self.topic),
            ("language", &self.language),
            ("sort", &self.sort),
            ("dir", &self.dir),
        ];
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in own {
            if !value.is_empty() && !change.iter().any(|(changed, _)| *changed == name) {
                query.append_pair(name, value);
            }
        }
        query.extend_pairs(change);
        format!("{path}?{}", query.finish())
    }
}

#[derive(Serialize)]
struct List {
    may_write: bool,
    filter: ListQuery,
    clear_href: Option<&'static str>,
    is_filtered: bool,
    states: Vec<Choice>,
    topics: Vec<Choice>,
    languages: Vec<Choice>,
    heads: Vec<Head>,
    count: String,
    csv: String,
    rows: Vec<Row>,
    pager: Pager,
    typed: String,
    errors: Vec<FieldError>,
}

#[derive(Serialize)]
struct Head {
    label: &'static str,
    href: String,
    direction: Option<&'static str>,
}

#[derive(Serialize)]
struct Row {
    href: String,
    email: String,
    name: String,
    language: String,
    state: &'static str,
    kind: &'static str,
    since: String,
}

/// `GET /staff/subscribers[?q=&state=&topic=&language=&sort=&dir=&page=]`
pub async fn list(staff: Staff<permit::SubscribersRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    render(&staff, &app, query, actix_web::http::StatusCode::OK, String::new(), Vec::new()).await
}

/// The list, with what was typed into the form under it and what is wrong with that.
pub(super) async fn render<P>(
    staff: &Staff<P>,
    app: &Data<App>,
    query: ListQuery,
    status: actix_web::http::StatusCode,
    typed: String,
    errors: Vec<FieldError>,
) -> Answer {
    let request = PageRequest::new(query.page.parse().ok(), PER_PAGE);
    let wanted = query.clone();
    let (found, topics) = app
        .db
        .read(move |db| {
            let topics = topics::list(db, &Language::english())?;
            let (sort, descending) = wanted.order();
            Ok::<_, Error>((search::list(db, &wanted.filter(&topics), sort, descending, request)?, topics))
        })
        .await?;
    let mut languages = staff.organisation.languages();
    languages.extend(Language::parse(&query.language).ok().filter(|language| !languages.contains(language)));
    let list = List {
        may_write: staff.may(Permission::Subscribers),
        clear_href: query.is_filtered().then_some("/staff/subscribers"),
        is_filtered: query.is_filtered(),
        states: SubscriberState::ALL
            .iter()
            .map(|state| Choice { value: state.to_string(), label: state_badge(*state).0.into() })
            .collect(),
        topics: topics.into_iter().map(|topic| Choice { value: topic.slug.to_string(), label: topic.name }).collect(),
        languages: languages
            .iter()
            .map(|language| Choice { value: language.to_string(), label: language.own_name().into() })
            .collect(),
        heads: heads(&query),
        count: count(found.total),
        csv: query.address("/staff/subscribers.csv", &[]),
        pager: Pager::new(&found, |number| query.address("/staff/subscribers", &[("page", &number.to_string())])),
        rows: rows(found, staff.zone()),
        filter: query,
        typed,
        errors,
    };
    staff.render_with(status, "staff/subscribers/list", "Subscribers", &list)
}

fn heads(query: &ListQuery) -> Vec<Head> {
    let (sorted, descending) = query.order();
    let head = |(label, name, sort): (&'static str, &str, Sort)| {
        let turn = if sort == sorted && !descending { "desc" } else { "asc" };
        Head {
            label,
            href: query.address("/staff/subscribers", &[("sort", name), ("dir", turn)]),
            direction: (sort == sorted).then_some(if descending { "desc" } else { "asc" }),
        }
    };
    [
        ("Address", "email", Sort::Email),
        ("Name", "name", Sort::Name),
        ("State", "state", Sort::State),
        ("Since", "created", Sort::Created),
    ]
    .map(head)
    .into()
}

fn count(total: i64) -> String {
    let number = Texts::get().number(&Language::english(), total);
    if total == 1 { "1 subscriber".into() } else { format!("{number} subscribers") }
}

fn rows(found: Page<Subscriber>, zone: chrono_tz::Tz) -> Vec<Row> {
    let row = |row: Subscriber| {
        let (state, kind) = state_badge(row.state);
        Row {
            href: path(row.id),
            email: row.email.to_string(),
            name: row.name,
            language: row.language.own_name().to_owned(),
            state,
            kind,
            since: Texts::get().date(&Language::english(), row.created_at.0.with_timezone(&zone).date_naive()),
        }
    };
    found.rows.into_iter().map(row).collect()
}
