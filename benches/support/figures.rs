//! Medians, ranges and rows of the table.

/// Values of several rounds.
#[derive(Debug, Clone, Default)]
pub struct Figure(Vec<f64>);

impl Figure {
    pub fn add(&mut self, value: f64) {
        self.0.push(value);
    }
    pub fn median(&self) -> f64 {
        let sorted = self.sorted();
        match sorted.len() {
            0 => f64::NAN,
            length if length.is_multiple_of(2) => (sorted[length / 2 - 1] + sorted[length / 2]) / 2.0,
            length => sorted[length / 2],
        }
    }
    fn sorted(&self) -> Vec<f64> {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        sorted
    }
    /// `median (lowest–highest)`, or the one value that there is, or a dash.
    pub fn shown(&self, digits: usize) -> String {
        let sorted = self.sorted();
        match sorted.as_slice() {
            [] => "–".into(),
            [only] => number(*only, digits),
            [first, .., last] => {
                let [median, first, last] = [self.median(), *first, *last].map(|value| number(value, digits));
                format!("{median} ({first}–{last})")
            }
        }
    }
}

/// With a comma between thousands.
pub fn number(value: f64, digits: usize) -> String {
    let text = format!("{value:.digits$}");
    let whole = text.split('.').next().unwrap_or_default().len();
    let mut shown = String::new();
    for (index, digit) in text.chars().enumerate() {
        if index > 0 && index < whole && (whole - index).is_multiple_of(3) {
            shown.push(',');
        }
        shown.push(digit);
    }
    shown
}

pub fn row(cells: &[String]) {
    println!("| {} |", cells.join(" | "));
}

pub fn head(cells: &[&str]) {
    println!("| {} |\n|{}", cells.join(" | "), " --- |".repeat(cells.len()));
}
