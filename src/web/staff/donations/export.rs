//! The list as CSV, streamed in pieces.

use actix_web::HttpResponse;
use actix_web::http::header;
use actix_web::web::{Bytes, Data};
use futures_util::stream;

use super::list::ListQuery;
use crate::app::App;
use crate::audit;
use crate::donations::store::sums;
use crate::donations::{export as csv, funds};
use crate::error::Error;
use crate::finance::payouts;
use crate::values::{DonationId, Language};
use crate::web::Answer;
use crate::web::extract::{Query, Staff, permit};
use crate::web::staff::gift_words::campaign_names;

/// `GET /staff/donations.csv`, with the filters of the list. It takes names and addresses out of the house, so it is audited.
pub async fn export(staff: Staff<permit::GiftsRead>, app: Data<App>, Query(query): Query<ListQuery>) -> Answer {
    let (actor, now, zone) = (staff.actor(), app.clock.now(), staff.zone());
    let (filter, names) = app
        .db
        .write(move |db| {
            audit::record(db, &actor, "exported", "donations", None, "", now)?;
            let filter = query.filter(&funds::list(db, &Language::english())?, zone);
            let campaigns = sums::campaigns(db)?;
            Ok::<_, Error>((filter, campaign_names(db, campaigns)?))
        })
        .await?;
    let start = Some((app, filter, names, DonationId(0)));
    let lines = stream::try_unfold(start, |step| async move {
        let Some((app, filter, names, after)) = step else { return Ok::<_, crate::web::Error>(None) };
        let (piece, filter, names) = app
            .db
            .read(move |db| {
                let piece = csv::piece(db, &filter, after, &names, payouts::booked_on)?;
                Ok::<_, Error>((piece, filter, names))
            })
            .await?;
        let head = if after == DonationId(0) { csv::HEADER } else { "" };
        Ok(match piece {
            Some((lines, last)) => {
                Some((Bytes::from([head.as_bytes(), &lines].concat()), Some((app, filter, names, last))))
            }
            None if !head.is_empty() => Some((Bytes::from_static(csv::HEADER.as_bytes()), None)),
            None => None,
        })
    });
    Ok(HttpResponse::Ok()
        .content_type("text/csv; charset=utf-8")
        .insert_header((header::CONTENT_DISPOSITION, "attachment; filename=\"donations.csv\""))
        .streaming(lines))
}
