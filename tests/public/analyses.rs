//! What a reader finds among the published analyses.

use pledgepost::analyses::read::{self, Filter};
use pledgepost::error::Error;
use pledgepost::values::{At, PageRequest};

use crate::on_both;
use crate::support::TestDb;
use crate::support::analyses::{language, published, text, topic};

fn now() -> At {
    At::from_micros(1_780_000_000_000_000)
}

on_both! {
    async fn a_list_is_paged_from_the_newest_date_and_filtered(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let (home, law) = (topic(db, "home", now()), topic(db, "law", now()));
            for n in 1..=12 {
                let topics = if n % 2 == 0 { vec![home.clone(), law.clone()] } else { vec![law.clone()] };
                published(db, &format!("a-{n}"), &format!("2024-01-{n:02}"), &[("en", &format!("No {n}"))], &topics, now());
            }
            published(db, "both", "2023-01-01", &[("en", "Both"), ("ru", "Оба")], std::slice::from_ref(&home), now());
            published(db, "only", "2022-01-01", &[("ru", "Только")], &[], now());
            let (en, ru) = (language("en"), language("ru"));
            let wanted = [ru.clone(), en.clone()];
            let list = |db: &mut _, filter: &Filter, page| read::published(db, filter, &wanted, PageRequest::new(Some(page), 10));

            let first = list(db, &Filter::default(), 1)?;
            assert_eq!((first.total, first.pages(), first.rows.len()), (14, 2, 10));
            assert_eq!((first.rows[0].title.as_str(), &first.rows[0].language), ("No 12", &en));
            let second = list(db, &Filter::default(), 2)?;
            let titles: Vec<_> = second.rows.iter().map(|row| row.title.as_str()).collect();
            assert_eq!(titles, ["No 2", "No 1", "Оба", "Только"]);
            assert_eq!(second.rows[2].languages, [en.clone(), ru.clone()]);
            assert!(list(db, &Filter::default(), 9)?.rows.is_empty());

            let russian = Filter { language: Some(ru.clone()), topic: None };
            assert_eq!(list(db, &russian, 1)?.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Оба", "Только"]);
            let at_home = Filter { language: None, topic: Some(home.1) };
            assert_eq!(list(db, &at_home, 1)?.total, 7);
            let both = Filter { language: Some(ru), topic: Some(home.1) };
            assert_eq!(list(db, &both, 1)?.total, 1);

            // An English reader gets what there is.
            let english = read::published(db, &Filter::default(), &[en.clone(), en], PageRequest::new(Some(2), 10))?;
            assert_eq!(english.rows.iter().skip(2).map(|row| row.title.as_str()).collect::<Vec<_>>(), ["Both", "Только"]);
            Ok::<_, Error>(())
        }).unwrap();
    }

    async fn drafts_and_unfinished_languages_are_not_seen(backend) {
        use pledgepost::analyses::write::{self, DetailsForm, Seen};
        use pledgepost::audit::Actor;
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let form = DetailsForm { slug: "draft".into(), date: "2024-01-01".into(), ..DetailsForm::default() };
            write::create(db, &form.check(&[])?, &text("en", "Draft", "x"), &Actor::program(), now())?;
            let id = published(db, "open", "2024-01-02", &[("en", "Open")], &[], now());
            let unfinished = text("ru", "Ещё не готово", "");
            write::save_translation(db, id, &unfinished, Seen::default(), &Actor::program(), now())?;

            assert!(matches!(read::by_slug(db, "draft"), Err(Error::NotFound("analysis"))));
            assert!(matches!(read::by_slug(db, "nothing"), Err(Error::NotFound("analysis"))));
            let open = read::by_slug(db, "open")?;
            assert_eq!(open.translations.len(), 1);
            let ru = [language("ru")];
            assert_eq!(open.translation(&ru).unwrap().title, "Open");
            let list = read::published(db, &Filter::default(), &ru, PageRequest::new(None, 10))?;
            assert_eq!((list.total, list.rows[0].title.as_str()), (1, "Open"));
            let russian = Filter { language: Some(language("ru")), topic: None };
            assert_eq!(read::published(db, &russian, &ru, PageRequest::new(None, 10))?.total, 0);
            Ok::<_, Error>(())
        }).unwrap();
    }

    async fn related_ones_share_a_topic(backend) {
        let test = TestDb::new(backend);
        test.connect().write_here(|db| {
            let (home, law) = (topic(db, "home", now()), topic(db, "law", now()));
            published(db, "a", "2024-01-01", &[("en", "A")], &[home.clone(), law.clone()], now());
            published(db, "b", "2024-01-02", &[("en", "B")], std::slice::from_ref(&law), now());
            published(db, "c", "2024-01-03", &[("en", "C")], &[], now());
            let a = read::by_slug(db, "a")?;
            let related = read::related(db, &a, &[language("en")], PageRequest::new(None, 3))?;
            assert_eq!(related.rows.iter().map(|row| row.title.as_str()).collect::<Vec<_>>(), ["B"]);
            assert_eq!(a.topics, [home.1, law.1]);
            let c = read::by_slug(db, "c")?;
            assert!(read::related(db, &c, &[], PageRequest::new(None, 3))?.rows.is_empty());
            Ok::<_, Error>(())
        }).unwrap();
    }
}
