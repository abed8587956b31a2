//! The pager under a list: `1 · 2 · 3`, with a gap where many pages lie between.

use serde::Serialize;

use crate::values::Page;

/// What `partials/pager` takes.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct Pager {
    pub pages: Vec<PagerLink>,
    pub prev: Option<String>,
    pub next: Option<String>,
    pub summary: Option<String>,
}

#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct PagerLink {
    pub label: String,
    pub href: Option<String>,
    pub current: bool,
    pub gap: bool,
}

impl Pager {
    /// `href` gives the address of a page by its number, from 1.
    pub fn new<T>(page: &Page<T>, href: impl Fn(i64) -> String) -> Self {
        let (last, here) = (page.pages(), page.request.number);
        let mut pages = Vec::new();
        let mut before = 0;
        for number in (1..=last).filter(|n| *n == 1 || *n == last || (here - 2..=here + 2).contains(n)) {
            if number > before + 1 {
                pages.push(PagerLink { label: String::new(), href: None, current: false, gap: true });
            }
            let current = number == here;
            let href = (!current).then(|| href(number));
            pages.push(PagerLink { label: number.to_string(), href, current, gap: false });
            before = number;
        }
        let step = |number: i64| (1..=last).contains(&number).then(|| href(number));
        Self { pages, prev: step(here - 1), next: step(here + 1), summary: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::PageRequest;

    fn pager(total: i64, here: i64) -> (String, Option<String>, Option<String>) {
        let page = Page::<()> { rows: vec![], total, request: PageRequest::new(Some(here), 10) };
        let pager = Pager::new(&page, |number| format!("?page={number}"));
        let words: Vec<String> = pager
            .pages
            .iter()
            .map(|link| match (link.gap, link.current) {
                (true, _) => "…".into(),
                (_, true) => format!("[{}]", link.label),
                _ => link.label.clone(),
            })
            .collect();
        (words.join(" "), pager.prev, pager.next)
    }

    #[test]
    fn shows_the_ends_and_the_neighbours() {
        assert_eq!(pager(0, 1), ("[1]".into(), None, None));
        assert_eq!(pager(25, 1), ("[1] 2 3".into(), None, Some("?page=2".into())));
        assert_eq!(pager(1000, 50).0, "1 … 48 49 [50] 51 52 … 100");
        assert_eq!(pager(1000, 4).0, "1 2 3 [4] 5 6 … 100");
        assert_eq!(pager(15, 9), ("1 2".into(), None, None), "beyond the end");
        assert_eq!(pager(15, 3).1, Some("?page=2".into()));
    }
}
