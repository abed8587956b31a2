//! Where a reader's clock stands: IANA names, for mails that wait for daytime. Empty: as the organisation's.

use chrono_tz::{TZ_VARIANTS, Tz};

/// What an area of the world is called in a zone's name. The rest are countries and abbreviations of older times.
const AREAS: [&str; 9] =
    ["Africa", "America", "Antarctica", "Asia", "Atlantic", "Australia", "Europe", "Indian", "Pacific"];
/// Former spellings of names that are in the list.
const FORMER: [&str; 16] = [
    "Asia/Ashkhabad",
    "Asia/Calcutta",
    "Asia/Chungking",
    "Asia/Dacca",
    "Asia/Istanbul",
    "Asia/Katmandu",
    "Asia/Macao",
    "Asia/Rangoon",
    "Asia/Saigon",
    "Asia/Tel_Aviv",
    "Asia/Thimbu",
    "Asia/Ujung_Pandang",
    "Asia/Ulan_Bator",
    "Atlantic/Faeroe",
    "America/Godthab",
    "Europe/Kiev",
];

/// The zones to choose from, by name. `chosen` is among them, whatever it is.
pub fn list(chosen: &str) -> Vec<&str> {
    let offered = |name: &&str| {
        let area = name.split_once('/').map_or("", |(area, _)| area);
        (AREAS.contains(&area) && !FORMER.contains(name)) || *name == "UTC"
    };
    let mut names: Vec<&str> = TZ_VARIANTS.iter().map(|zone| zone.name()).filter(offered).collect();
    if !chosen.is_empty() && !names.contains(&chosen) {
        names.push(chosen);
    }
    names.sort_unstable();
    names
}

/// A zone's name as it is kept, from `europe/berlin` and the like; empty stays empty.
///
/// # Errors
/// In words, when there is no such zone.
pub fn checked(typed: &str) -> Result<String, String> {
    let typed = typed.trim();
    if typed.is_empty() || typed.parse::<Tz>().is_ok() {
        return Ok(typed.to_owned());
    }
    let zone = TZ_VARIANTS.iter().find(|zone| zone.name().eq_ignore_ascii_case(typed));
    zone.map(|zone| zone.name().to_owned()).ok_or_else(|| {
        let shown: String = typed.chars().take(40).collect();
        format!("there is no time zone \"{shown}\"; one is written like Europe/Berlin")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        assert_eq!(checked(" asia/ALMATY ").unwrap(), "Asia/Almaty");
        assert_eq!(checked("").unwrap(), "");
        assert!(checked("Mars/Base").unwrap_err().contains("Mars/Base"));
        let all = list("");
        assert!(all.contains(&"Europe/Kyiv") && !all.contains(&"Europe/Kiev") && !all.contains(&"GMT0"), "{all:?}");
        assert!(FORMER.iter().all(|name| name.parse::<Tz>().is_ok()));
        assert!(list("Europe/Kiev").contains(&"Europe/Kiev"));
        assert!(all.iter().all(|name| checked(name).is_ok()));
    }
}
