//! The list as CSV, streamed in pieces.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use futures_util::stream;

use super::list::ListQuery;
use crate::app::App;
use crate::audit;
use crate::error::Error;
use crate::subscribers::{export, topics};
use crate::values::{Language, SubscriberId};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};

/// `GET /staff/subscribers.csv`, with the filters of the list. It takes addresses out of the house, so it is audited.
pub async fn export(staff: Staff<permit::SubscribersRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let (actor, now) = (staff.actor(), app.clock.now());
    let filter = app
        .db
        .write(move |db| {
            audit::record(db, &actor, "exported", "subscribers", None, "", now)?;
            Ok::<_, Error>(query.filter(&topics::list(db, &Language::english())?))
        })
        .await?;
    let db = app.db.clone();
    let lines = stream::try_unfold(Some(SubscriberId(0)), move |after| {
        let (db, filter) = (db.clone(), filter.clone());
        async move {
            let Some(after) = after else { return Ok::<_, crate::web::Error>(None) };
            let piece = db.read(move |db| export::piece(db, &filter, after, export::Reader::Person)).await?;
            let head = if after == SubscriberId(0) { export::HEADER } else { "" };
            Ok(match piece {
                Some((lines, last)) => Some((Bytes::from([head.as_bytes(), &lines].concat()), Some(last))),
                None if !head.is_empty() => Some((Bytes::from_static(export::HEADER.as_bytes()), None)),
                None => None,
            })
        }
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"subscribers.csv\""))
        .streaming(lines))
}
