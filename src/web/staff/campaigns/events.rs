//! How far a campaign is, told as it goes: server-sent events, each with the part of the page that it renews.

use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{Bytes, Data, Path};
use futures_util::stream;
use serde_json::json;
use tokio::time::{Instant, sleep};

use super::progress::{self, Look};
use crate::app::App;
use crate::campaigns::speed::Speed;
use crate::campaigns::{CampaignState, store};
use crate::error::Error as FeatureError;
use crate::staff::Permission;
use crate::values::CampaignId;
use crate::web::extract::{Staff, permit};
use crate::web::stopping::Stopping;
use crate::web::{Answer, Error, Pages};

/// How often it looks.
const EVERY: Duration = Duration::from_secs(1);
/// A connection on which nothing is said for longer may be cut by what stands between; and only by writing does the server
/// find out that nobody listens any more.
const SILENCE: Duration = Duration::from_secs(15);
/// Then the browser asks anew, and whether it may is looked at again.
const LONGEST: Duration = Duration::from_secs(600);

/// `progress` with the HTML whenever it changed; `done` when it is not being sent any more.
pub async fn events(staff: Staff<permit::Read>, app: Data<App>, stopping: Data<Stopping>, id: Path<i64>) -> Answer {
    let id = CampaignId(*id);
    app.db.read(move |db| store::find(db, id)).await?;
    let (pages, stopping, now) = (staff.pages(), stopping.get_ref().clone(), Instant::now());
    let may_read = staff.may(Permission::SubscribersRead);
    let watch =
        Watch { app, pages, stopping, id, may_read, begun: now, said: now, last: None, speed: Speed::default() };
    Ok(HttpResponse::Ok()
        .insert_header((header::CONTENT_TYPE, "text/event-stream"))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        // Neither we nor a proxy may hold it back to pack it.
        .insert_header(ContentEncoding::Identity)
        .insert_header(("x-accel-buffering", "no"))
        .streaming(stream::unfold(Some(watch), |watch| async move {
            let (said, rest) = watch?.next().await?;
            Some((Ok::<_, Error>(said), rest))
        })))
}

struct Watch {
    app: Data<App>,
    pages: Data<Pages>,
    stopping: Stopping,
    id: CampaignId,
    may_read: bool,
    begun: Instant,
    said: Instant,
    /// What was told last.
    last: Option<String>,
    speed: Speed,
}

impl Watch {
    /// Looks every second until there is something to tell; nothing is held in between. None is the end, and so is what comes
    /// without a rest.
    async fn next(mut self) -> Option<(Bytes, Option<Self>)> {
        loop {
            if self.last.is_some() {
                tokio::select! {
                    () = sleep(EVERY) => {}
                    () = self.stopping.stopped() => return None,
                }
            }
            if self.begun.elapsed() >= LONGEST {
                return None;
            }
            let look = match self.look().await {
                Ok(seen) => seen,
                Err(error) => {
                    tracing::warn!(error = format!("{error:#}"), "progress cannot be told; the browser asks again");
                    return None;
                }
            };
            self.speed.note(self.begun.elapsed(), look.status.done());
            // Having looked only once, as the page itself did, it knows no better rate than the page.
            let rate = self.speed.rate().or_else(|| look.average(self.app.clock.now()));
            let html = self.html(&look, rate)?;
            let done = look.campaign.state != CampaignState::Sending;
            if done || self.last.as_ref() != Some(&html) {
                let told = event("progress", &html) + if done { "event: done\ndata:\n\n" } else { "" };
                (self.last, self.said) = (Some(html), Instant::now());
                return Some((Bytes::from(told), (!done).then_some(self)));
            }
            if self.said.elapsed() >= SILENCE {
                self.said = Instant::now();
                return Some((Bytes::from_static(b": still here\n\n"), Some(self)));
            }
        }
    }

    async fn look(&self) -> Result<Look, FeatureError> {
        let (id, now) = (self.id, self.app.clock.now());
        let look = self.app.db.read(move |db| {
            let campaign = store::find(db, id)?;
            Look::at(db, campaign, now)
        });
        look.await
    }

    fn html(&self, look: &Look, rate: Option<f64>) -> Option<String> {
        let data = json!({ "progress": progress::data(look, rate, self.may_read) });
        let html = self.pages.fragment("staff/campaigns/fragment", &data);
        html.inspect_err(|error| tracing::error!(error = format!("{error:#}"), "progress cannot be shown")).ok()
    }
}

/// As the standard writes it: a line of data for each line.
fn event(name: &str, data: &str) -> String {
    let mut text = format!("event: {name}\n");
    for line in data.trim_end().lines() {
        text.push_str("data: ");
        text.push_str(line);
        text.push('\n');
    }
    text.push('\n');
    text
}

#[cfg(test)]
mod tests {
    #[test]
    fn an_event_of_several_lines() {
        assert_eq!(super::event("progress", "<p>\n1</p>\n"), "event: progress\ndata: <p>\ndata: 1</p>\n\n");
    }
}
