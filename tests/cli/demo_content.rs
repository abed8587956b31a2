//! The sample organisation, written into a fresh database and looked at through its pages.

use pledgepost::cli::demo::content::{Content, load};
use pledgepost::error::Error;
use pledgepost::values::At;

use crate::on_both;
use crate::support::Site;

on_both! {
    async fn the_sample_organisation_is_there_but_for_its_first_analysis(backend) {
        let now = At::from_micros(1_793_000_000_000_000);
        let site = Site::start(backend, now).await;
        let content = Content::read().unwrap();
        let topics = site.write(|db| load(db, &content, now).map_err(Error::internal));
        assert_eq!(topics.len(), content.topics.len());

        site.get("/").await.says("Equal Ground").says("Safety at home").says("Violence through a screen");
        let all = content.analyses.len() - 1;
        site.get("/analyses").await.says(&format!("{all} analyses")).says("Uzbekistan");
        site.get("/analyses?lang=ru").await.says("Безопасность дома").says("Таджикистан");
        for analysis in &content.analyses[1..] {
            for (language, text) in &analysis.translations {
                let page = site.get(&format!("/analyses/{}?lang={language}", analysis.details.slug)).await;
                assert_eq!(page.status, 200);
                page.says(&format!("{}</h1>", text.title));
            }
        }
        assert_eq!(site.get(&format!("/analyses/{}", content.analyses[0].details.slug)).await.status, 404);
    }
}
