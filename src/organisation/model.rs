//! The organisation's row and what may be written into it.

use chrono_tz::Tz;
use diesel::prelude::*;
use serde::Serialize;

use super::hours::{self, SendingHours};
use crate::db::MultiBackend;
use crate::db::schema::organisation;
use crate::error::{Error, Problems};
use crate::values::{At, EmailAddress, Language, clean_line, clean_text};

/// As stored. Lists are comma-separated.
#[derive(HasQuery, AsChangeset, Debug, Clone, Serialize)]
#[diesel(table_name = organisation)]
#[diesel(check_for_backend(MultiBackend))]
pub struct Organisation {
    pub name: String,
    pub legal_name: String,
    pub postal_address: String,
    pub registration_number: String,
    pub tax_number: String,
    pub imprint_url: String,
    pub privacy_url: String,
    /// Where *Leave this page* goes: somewhere that says nothing about the reader.
    pub leave_url: String,
    /// The sender's address; empty until it is set.
    pub mail_from: String,
    pub time_zone: String,
    pub languages: String,
    pub currencies: String,
    /// Minutes after midnight.
    pub sending_from: i64,
    /// Minutes after midnight; 1440 is its end.
    pub sending_until: i64,
    /// Numbers with commas between them; 1 is Monday.
    pub sending_days: String,
    pub updated_at: At,
}

impl Organisation {
    /// What a fresh installation begins with.
    pub fn fresh(now: At) -> Self {
        Self {
            name: "Your organisation".into(),
            legal_name: String::new(),
            postal_address: String::new(),
            registration_number: String::new(),
            tax_number: String::new(),
            imprint_url: String::new(),
            privacy_url: String::new(),
            leave_url: "https://www.wikipedia.org/".into(),
            mail_from: String::new(),
            time_zone: "UTC".into(),
            languages: "en".into(),
            currencies: "EUR".into(),
            sending_from: 8 * 60,
            sending_until: 20 * 60,
            sending_days: "1,2,3,4,5,6,7".into(),
            updated_at: now,
        }
    }
    /// In the order of the settings; the first is what a reader without a fitting variant gets.
    pub fn languages(&self) -> Vec<Language> {
        let list: Vec<Language> = self.languages.split(',').filter_map(|tag| Language::parse(tag).ok()).collect();
        match list.is_empty() {
            true => vec![Language::english()],
            false => list,
        }
    }
    pub fn first_language(&self) -> Language {
        self.languages().into_iter().next().unwrap_or_default()
    }
    /// The asked language if the organisation has it (or its primary part), else its first.
    pub fn language_or_first(&self, asked: Option<&Language>) -> Language {
        let own = self.languages();
        asked
            .and_then(|asked| {
                own.iter().find(|l| *l == asked).or_else(|| own.iter().find(|l| l.primary() == asked.primary()))
            })
            .cloned()
            .unwrap_or_else(|| self.first_language())
    }
    pub fn zone(&self) -> Tz {
        self.time_zone.parse().unwrap_or(Tz::UTC)
    }
    /// When campaigns may go out that keep to them.
    pub fn sending_hours(&self) -> SendingHours {
        SendingHours::of(self.sending_from, self.sending_until, &self.sending_days)
    }
    pub fn postal_address_lines(&self) -> Vec<String> {
        self.postal_address.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect()
    }
}

/// The settings page's form, as typed.
#[derive(Debug, Clone, Default, serde::Deserialize, Serialize)]
#[serde(default)]
pub struct OrganisationForm {
    pub name: String,
    pub legal_name: String,
    pub postal_address: String,
    pub registration_number: String,
    pub tax_number: String,
    pub imprint_url: String,
    pub privacy_url: String,
    pub leave_url: String,
    pub mail_from: String,
    pub time_zone: String,
    pub languages: String,
    pub currencies: String,
    /// `08:00`
    pub sending_from: String,
    /// `24:00` is the end of the day.
    pub sending_until: String,
    /// Numbers; 1 is Monday.
    pub sending_days: Vec<String>,
}

impl OrganisationForm {
    /// # Errors
    /// `Invalid` with every field that cannot be taken.
    pub fn check(&self, now: At) -> Result<Organisation, Error> {
        let mut problems = Problems::default();
        if self.name.trim().is_empty() {
            problems.add("name", "the organisation needs a name");
        }
        let mut line = |field: &str, text: &str| problems.take(field, clean_line(text, 300)).unwrap_or_default();
        let mut checked = Organisation {
            name: line("name", &self.name),
            legal_name: line("legal_name", &self.legal_name),
            postal_address: String::new(),
            registration_number: line("registration_number", &self.registration_number),
            tax_number: line("tax_number", &self.tax_number),
            imprint_url: line("imprint_url", &self.imprint_url),
            privacy_url: line("privacy_url", &self.privacy_url),
            leave_url: line("leave_url", &self.leave_url),
            mail_from: line("mail_from", &self.mail_from),
            time_zone: line("time_zone", &self.time_zone),
            languages: String::new(),
            currencies: String::new(),
            sending_from: 0,
            sending_until: 0,
            sending_days: String::new(),
            updated_at: now,
        };
        checked.postal_address =
            problems.take("postal_address", clean_text(&self.postal_address, 1000)).unwrap_or_default();
        for (field, url) in [
            ("imprint_url", &checked.imprint_url),
            ("privacy_url", &checked.privacy_url),
            ("leave_url", &checked.leave_url),
        ] {
            let web = url::Url::parse(url).is_ok_and(|u| matches!(u.scheme(), "http" | "https"));
            let may_be_empty = field != "leave_url";
            if !web && (!url.is_empty() || !may_be_empty) {
                problems.add(field, "a web address begins with https://");
            }
        }
        if !checked.mail_from.is_empty() {
            problems.take("mail_from", EmailAddress::parse(&checked.mail_from));
        }
        if checked.time_zone.parse::<Tz>().is_err() {
            problems.add("time_zone", "a time zone is written like Europe/Berlin");
        }
        let languages: Result<Vec<Language>, _> = words(&self.languages).map(Language::parse).collect();
        let languages = problems.take("languages", languages).unwrap_or_default();
        if languages.is_empty() && !problems_has(&problems, "languages") {
            problems.add("languages", "at least one language is needed");
        }
        checked.languages = languages.iter().map(Language::as_str).collect::<Vec<_>>().join(",");
        let currencies: Vec<String> = words(&self.currencies).map(str::to_uppercase).collect();
        if currencies.is_empty()
            || currencies.iter().any(|c| c.len() != 3 || !c.bytes().all(|b| b.is_ascii_uppercase()))
        {
            problems.add("currencies", "currencies are three letters each, such as EUR, USD");
        }
        checked.currencies = currencies.join(",");
        let hours = hours::checked(&mut problems, &self.sending_from, &self.sending_until, &self.sending_days);
        (checked.sending_from, checked.sending_until) = (hours.from, hours.until);
        checked.sending_days = hours.days_text();
        problems.check().map(|()| checked)
    }
}

fn problems_has(problems: &Problems, field: &str) -> bool {
    problems.fields().any(|f| f == field)
}

fn words(list: &str) -> impl Iterator<Item = &str> {
    list.split([',', ' ', '\n']).map(str::trim).filter(|word| !word.is_empty())
}

impl From<&Organisation> for OrganisationForm {
    fn from(o: &Organisation) -> Self {
        Self {
            name: o.name.clone(),
            legal_name: o.legal_name.clone(),
            postal_address: o.postal_address.clone(),
            registration_number: o.registration_number.clone(),
            tax_number: o.tax_number.clone(),
            imprint_url: o.imprint_url.clone(),
            privacy_url: o.privacy_url.clone(),
            leave_url: o.leave_url.clone(),
            mail_from: o.mail_from.clone(),
            time_zone: o.time_zone.clone(),
            languages: o.languages.replace(',', ", "),
            currencies: o.currencies.replace(',', ", "),
            sending_from: hours::clock(o.sending_from),
            sending_until: hours::clock(o.sending_until),
            sending_days: o.sending_days.split(',').map(str::to_owned).collect(),
        }
    }
}
