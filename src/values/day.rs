//! Days and months of a calendar, without a time zone of their own.

use chrono::{Datelike, NaiveDate, NaiveTime};
use chrono_tz::Tz;
use diesel::deserialize::{self, FromSql, FromSqlRow};
use diesel::expression::AsExpression;
use diesel::serialize::{self, IsNull, Output, ToSql};
use diesel::sql_types::Text;

use super::At;
use crate::db::MultiBackend;

/// A day as banks and Stripe name it; `2026-11-24` in the database, so that the order of text is that of days.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    AsExpression,
    FromSqlRow,
    serde::Serialize,
    serde::Deserialize,
)]
#[diesel(sql_type = Text)]
#[serde(transparent)]
pub struct Day(pub NaiveDate);

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a day is written like 2026-11-24")]
pub struct InvalidDay;

impl Day {
    /// # Errors
    /// When it is no day of the calendar, or not written year-month-day.
    pub fn parse(text: &str) -> Result<Self, InvalidDay> {
        let day = NaiveDate::parse_from_str(text.trim(), "%Y-%m-%d").map_err(|_| InvalidDay)?;
        // Four digits keep the order of text that of days.
        if (1..=9999).contains(&day.year()) { Ok(Self(day)) } else { Err(InvalidDay) }
    }
    /// The day that `at` is on, in `zone`.
    pub fn of(at: At, zone: Tz) -> Self {
        Self(at.0.with_timezone(&zone).date_naive())
    }
    /// The first moment of the day in `zone`. Where a zone skips midnight, the first hour that it has.
    pub fn begins(self, zone: Tz) -> At {
        let hours = (0..24).filter_map(|hour| NaiveTime::from_hms_opt(hour, 0, 0));
        let mut moments = hours.filter_map(|time| self.0.and_time(time).and_local_timezone(zone).earliest());
        let first = moments.next().map(|moment| At(moment.to_utc()));
        first.unwrap_or_else(|| At(self.0.and_time(NaiveTime::MIN).and_utc()))
    }
    pub fn plus(self, days: i64) -> Self {
        Self(self.0.checked_add_signed(chrono::Duration::days(days)).unwrap_or(self.0))
    }
    pub fn month(self) -> Month {
        Month { year: self.0.year(), month: self.0.month() }
    }
}

impl std::str::FromStr for Day {
    type Err = InvalidDay;
    fn from_str(text: &str) -> Result<Self, InvalidDay> {
        Self::parse(text)
    }
}
impl std::fmt::Display for Day {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0.format("%Y-%m-%d"))
    }
}

impl<DB: diesel::backend::Backend> FromSql<Text, DB> for Day
where
    String: FromSql<Text, DB>,
{
    fn from_sql(bytes: DB::RawValue<'_>) -> deserialize::Result<Self> {
        Ok(Self::parse(&String::from_sql(bytes)?)?)
    }
}
impl ToSql<Text, MultiBackend> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, MultiBackend>) -> serialize::Result {
        out.set_value((Text, self));
        Ok(IsNull::No)
    }
}
impl ToSql<Text, diesel::pg::Pg> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, diesel::pg::Pg>) -> serialize::Result {
        <str as ToSql<Text, diesel::pg::Pg>>::to_sql(&self.to_string(), &mut out.reborrow())
    }
}
impl ToSql<Text, diesel::sqlite::Sqlite> for Day {
    fn to_sql<'b>(&'b self, out: &mut Output<'b, '_, diesel::sqlite::Sqlite>) -> serialize::Result {
        out.set_value(self.to_string());
        Ok(IsNull::No)
    }
}

/// A month of a year: the period of the journal. Written `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Month {
    year: i32,
    month: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a month is written like 2026-11")]
pub struct InvalidMonth;

impl Month {
    /// # Errors
    /// When it is not written year-month.
    pub fn parse(text: &str) -> Result<Self, InvalidMonth> {
        let (year, month) = text.trim().split_once('-').ok_or(InvalidMonth)?;
        let digits = |part: &str, count| part.len() == count && part.bytes().all(|b| b.is_ascii_digit());
        if !digits(year, 4) || !digits(month, 2) {
            return Err(InvalidMonth);
        }
        Ok(Day::parse(&format!("{year}-{month}-01")).map_err(|_| InvalidMonth)?.month())
    }
    pub fn first(self) -> Day {
        Day(NaiveDate::from_ymd_opt(self.year, self.month, 1).unwrap_or_default())
    }
    pub fn last(self) -> Day {
        self.next().first().plus(-1)
    }
    pub fn next(self) -> Self {
        self.first().plus(31).month()
    }
    pub fn previous(self) -> Self {
        self.first().plus(-1).month()
    }
    /// Its first moment in `zone`, and that of the next month.
    pub fn bounds(self, zone: Tz) -> (At, At) {
        (self.first().begins(zone), self.next().first().begins(zone))
    }
}

impl std::str::FromStr for Month {
    type Err = InvalidMonth;
    fn from_str(text: &str) -> Result<Self, InvalidMonth> {
        Self::parse(text)
    }
}
impl std::fmt::Display for Month {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:04}-{:02}", self.year, self.month)
    }
}
impl serde::Serialize for Month {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months() {
        let month = Month::parse("2026-12").unwrap();
        assert_eq!(month.next().to_string(), "2027-01");
        assert_eq!(month.previous().to_string(), "2026-11");
        assert_eq!(month.last().to_string(), "2026-12-31");
        assert_eq!(Month::parse("2024-02").unwrap().last().to_string(), "2024-02-29");
        for bad in ["2026", "2026-13", "2026-1", "26-01", "2026-01-01", "+026-01", ""] {
            assert!(Month::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_day_begins_when_its_zone_says() {
        let day = Day::parse("2026-06-01").unwrap();
        assert_eq!(day.begins(chrono_tz::Asia::Almaty).rfc3339(), "2026-05-31T19:00:00Z");
        assert_eq!(Day::of(day.begins(chrono_tz::Asia::Almaty), chrono_tz::Asia::Almaty), day);
        // Midnight did not exist in Cairo on the day on which summer time began.
        let skipped = Day::parse("2024-04-26").unwrap();
        assert_eq!(Day::of(skipped.begins(chrono_tz::Africa::Cairo), chrono_tz::Africa::Cairo), skipped);
    }
}
